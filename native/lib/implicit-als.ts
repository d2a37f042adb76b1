import { addon } from './addon.js';
import { checkInteger, checkNumber, invalidArgument } from './errors.js';
import { type CandidateLists, countLists } from './search.js';
import { runTask, type TaskOptions } from './task.js';
import { checkArray } from './typed-arrays.js';
import { checkSeed } from './walk-options.js';

/** Implicit matrix factorisation (Hu, Koren and Volinsky, ICDM 2008). */
export interface AlsOptions extends TaskOptions {
  /** Numbers of a pin, 1 to 4096. Default 256. */
  factors?: number;
  /** Rounds of solving the boards, then the pins. Default 15. */
  iterations?: number;
  /** Steps of conjugate gradients in which a pin or a board is solved, from where it was. Default 3. */
  steps?: number;
  /** What an edge counts more than a pair without one, which counts 1. Above 0. Default 40, as in the paper. */
  confidence?: number;
  /** λ, the weight of the factors' squares. Above 0. Default 10. */
  regularization?: number;
  /** Of the first factors. Default 0n. */
  seed?: bigint;
}

export function checkAlsOptions(options: AlsOptions) {
  return {
    factors: checkInteger('factors', options.factors ?? 256, 1, 4096),
    iterations: checkInteger('iterations', options.iterations ?? 15, 1, 1_000_000),
    steps: checkInteger('steps', options.steps ?? 3, 1, 1_000_000),
    confidence: checkNumber('confidence', options.confidence ?? 40, 1e-9, 1e9),
    regularization: checkNumber('regularization', options.regularization ?? 10, 1e-9, 1e9),
    seed: checkSeed(options.seed ?? 0n),
  };
}

/**
 * The factors of boards that were not there: of each list of pins, as `Graph.implicitAls` would find them with these pins' factors. A
 * pin's score is the inner product of the two. `steps` start from 0: their default here is 20. Progress is not reported.
 *
 * @param pins [pins, factors] what Graph.implicitAls gave with the same options
 * @returns [lists, factors]
 * @throws INVALID_ARGUMENT · ABORTED
 */
export async function alsFoldIn(
  pins: Float32Array,
  queries: CandidateLists,
  options: AlsOptions = {},
): Promise<Float32Array> {
  const native = checkAlsOptions({ ...options, steps: options.steps ?? 20 });
  const rows = checkArray('pins', pins, Float32Array).length / native.factors;
  if (!Number.isInteger(rows)) throw invalidArgument('pins', pins, `rows of ${native.factors} numbers`);
  const out = new Float32Array(countLists('queries', queries) * native.factors);
  await runTask(options, (threads, control) =>
    addon.alsFoldIn(pins, queries.offsets, queries.ids, native, out, threads, control),
  );
  return out;
}
