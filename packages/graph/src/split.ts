import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  checkChoice,
  checkInteger,
  checkNumber,
  createSafetensors,
  type Edges,
  Graph,
  invalidArgument,
  PinSageError,
  Safetensors,
  type TensorDtype,
} from '@pinsage/native';
import type { Dataset } from './dataset.js';
import { buildGraphFile } from './graph-file.js';
import { COLD, type HoldOut, holdOut, type SplitKind, splitKinds, TEST, VALIDATION } from './hold-out.js';
import { checkMemory } from './import-options.js';
import { type ManifestBase, readManifest, writeManifest } from './manifest.js';
import { buildDirectory } from './unfinished.js';

const SPLIT = { format: 'pinsage-split', version: 1 };

export interface SplitOptions {
  /**
   * Which edges are held out:
   * - `edges`: a share of each board's, drawn at random;
   * - `time`: a share of each board's, the last ones by time;
   * - `last`: of each board with three edges or more the last one for the test and the one before it for validation (of one time,
   *   the larger pin is the later one): the protocol of SASRec and of DGL's PinSage example;
   * - `cutoff`: all edges from one time on, the same for all boards: nothing of the future is left for training;
   * - `none`.
   *
   * With `last` and `cutoff` boards and pins may lose all their edges. Default `edges`.
   */
  kind?: SplitKind;
  /**
   * Share of each board's edges for validation (with `cutoff`, of all edges), 0 to 0.9. With `time` and `cutoff` they come right
   * before the test edges. Not with `last`. Default 0.05.
   */
  validation?: number;
  /** Share of each board's edges for the test (with `cutoff`, of all edges), 0 to 0.9. Not with `last`, nor with a `cutoff`. Default 0.1. */
  test?: number;
  /** With `cutoff`: the time of the first test edges, in the unit of the time column (dates: seconds since 1970). Default: the time that a share of `test` comes after. */
  cutoff?: number;
  /** Share of the pins with edges that lose all of them: pins the model never saw on a board. Default 0. */
  coldPins?: number;
  /** 0 to 2^32 - 1. The same seed gives the same split of a dataset. Default 0. */
  seed?: number;
  /** Bytes of memory that it may take, beside some 50 for each pin and board. 64 MiB or more. Default: half of the machine's. */
  memory?: number;
  /** Replace a split of this name. Default false. */
  force?: boolean;
}

export interface SplitManifest extends ManifestBase {
  options: Required<Omit<SplitOptions, 'force' | 'memory' | 'cutoff'>> & Pick<SplitOptions, 'cutoff'>;
  counts: { train: number; validation: number; test: number; coldPins: number; coldEdges: number };
  /** Of the dataset's graph that was split. */
  graph: string;
}

/** A division of a dataset's edges for training and evaluation, kept in `<dataset>/splits/<name>/`. */
export class Split {
  readonly directory: string;
  readonly manifest: SplitManifest;
  /** All pins and boards of the dataset, with the edges that are left for training. */
  readonly train: Graph;
  readonly validation: Edges;
  readonly test: Edges;
  /** Rows, ascending. */
  readonly coldPins: Uint32Array;
  /** The edges that the cold pins have in the dataset. */
  readonly coldEdges: Edges;
  readonly #heldOut: Safetensors;

  private constructor(directory: string, manifest: SplitManifest, train: Graph, heldOut: Safetensors) {
    this.directory = directory;
    this.manifest = manifest;
    this.train = train;
    this.#heldOut = heldOut;
    this.validation = readEdges(heldOut, 'validation');
    this.test = readEdges(heldOut, 'test');
    this.coldPins = heldOut.get('cold.pins', 'U32').data;
    this.coldEdges = readEdges(heldOut, 'cold');
  }

  /**
   * Splits a dataset and saves it. With `edges` and `time` every board keeps an edge for training, and so does every pin that is not
   * cold; what is held out for validation, for the test and with cold pins has no edge in common.
   *
   * @throws INVALID_ARGUMENT when times are needed and the dataset has none; FILE_EXISTS · IO
   */
  static async create(dataset: Dataset, name: string, options: SplitOptions = {}): Promise<Split> {
    const checked = checkOptions(dataset, options);
    const memory = checkMemory(options.memory);
    const directory = splitPath(dataset, name);
    await mkdir(join(dataset.directory, 'splits'), { recursive: true });
    const graph = await dataset.graph();
    const replacing = { replace: options.force ?? false, mayReplace: async () => true };
    await buildDirectory(directory, replacing, async (unfinished) => {
      const parts = holdOut(graph, checked);
      const [train, validation, test, coldEdges] = parts.counts;
      const spill = join(unfinished, 'spill');
      await mkdir(spill);
      await buildGraphFile(
        join(unfinished, 'graph.safetensors'),
        { count: train, chunks: parts.trainEdges() },
        {
          pins: graph.pins,
          boards: graph.boards,
          boardTypes: graph.arrays.boardTypes,
          weighted: graph.weighted,
          timed: graph.arrays.times !== undefined,
          spill,
          memory: memory / 4,
        },
      );
      await rm(spill, { recursive: true });
      await writeHeldOut(join(unfinished, 'held-out.safetensors'), graph, parts);
      const counts = { train, validation, test, coldPins: parts.coldPins.length, coldEdges };
      const content = { options: checked, counts, graph: dataset.manifest.files['graph.safetensors'].sha256 };
      await writeManifest(unfinished, SPLIT, content, ['graph.safetensors', 'held-out.safetensors']);
    });
    return Split.open(dataset, name);
  }

  /** @throws FILE_NOT_FOUND; FILE_CORRUPT, also when it was made from another graph than the dataset has now. */
  static async open(dataset: Dataset, name: string): Promise<Split> {
    const directory = splitPath(dataset, name);
    const manifest = await readManifest<SplitManifest>(directory, SPLIT);
    if (manifest.graph !== dataset.manifest.files['graph.safetensors'].sha256) {
      throw new PinSageError(
        'FILE_CORRUPT',
        `${directory} splits another graph than the dataset has now: make it anew.`,
      );
    }
    const heldOut = await Safetensors.open(join(directory, 'held-out.safetensors'), { verify: false });
    try {
      return new Split(directory, manifest, await Graph.open(directory), heldOut);
    } catch (error) {
      heldOut.close();
      throw error;
    }
  }

  /** Arrays of the split are empty from now on. Resolves when calls of its graph that were running are done. */
  async close(): Promise<void> {
    await this.train.close();
    this.#heldOut.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function splitPath(dataset: Dataset, name: string): string {
  if (typeof name !== 'string' || !/^\w[\w.-]*$/.test(name) || name.endsWith('.tmp')) {
    throw invalidArgument('name', name, 'letters, digits, _, - and .');
  }
  return join(dataset.directory, 'splits', name);
}

function checkOptions(dataset: Dataset, options: SplitOptions): SplitManifest['options'] {
  const kind = checkChoice('kind', options.kind ?? 'edges', splitKinds);
  if (kind !== 'edges' && kind !== 'none' && !dataset.hasTimes) {
    throw invalidArgument('kind', kind, "'edges' or 'none': the dataset has no times (--time at import)");
  }
  const cutoff = checkCutoff(kind, options);
  const held = kind !== 'none' && kind !== 'last';
  const validation = held ? checkNumber('validation', options.validation ?? 0.05, 0, 0.9) : 0;
  const test = held && cutoff === undefined ? checkNumber('test', options.test ?? 0.1, 0, 0.9) : 0;
  if (validation + test > 0.9) throw invalidArgument('validation + test', validation + test, 'at most 0.9');
  const coldPins = checkNumber('coldPins', options.coldPins ?? 0, 0, 0.9);
  const seed = checkInteger('seed', options.seed ?? 0, 0, 2 ** 32 - 1);
  return { kind, validation, test, coldPins, seed, ...(cutoff !== undefined && { cutoff }) };
}

/** And that no share is given which a kind of split would not look at. */
function checkCutoff(kind: SplitKind, { cutoff, validation, test }: SplitOptions): number | undefined {
  if (kind === 'last') {
    for (const [name, share] of Object.entries({ validation, test })) {
      if (share !== undefined) throw invalidArgument(name, share, "nothing, as 'last' takes one edge of each board");
    }
  }
  if (cutoff === undefined) return undefined;
  if (kind !== 'cutoff') throw invalidArgument('cutoff', cutoff, `nothing with kind '${kind}'`);
  if (test !== undefined) throw invalidArgument('test', test, 'nothing beside cutoff, which says what is in the test');
  return checkInteger('cutoff', cutoff, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
}

/** The edges that are not for training: they go to the file, which is mapped, as they are found. */
async function writeHeldOut(path: string, graph: Graph, { counts, heldOutEdges, coldPins }: HoldOut): Promise<void> {
  const { pinWeights, times } = graph.arrays;
  const names = { [VALIDATION]: 'validation', [TEST]: 'test', [COLD]: 'cold' };
  const specs: Record<string, { dtype: TensorDtype; shape: number[] }> = {};
  for (const part of [VALIDATION, TEST, COLD] as const) {
    const name = names[part];
    const shape = [counts[part]];
    specs[`${name}.edge.pins`] = { dtype: 'U32', shape };
    specs[`${name}.edge.boards`] = { dtype: 'U32', shape };
    if (pinWeights) specs[`${name}.edge.weights`] = { dtype: 'F32', shape };
    if (times) specs[`${name}.edge.times`] = { dtype: 'I64', shape };
  }
  specs['cold.pins'] = { dtype: 'U32', shape: [coldPins.length] };
  const file = await createSafetensors(path, specs);
  try {
    const filled = [0, 0, 0, 0];
    for (const [part, edges] of heldOutEdges()) {
      for (const [field, values] of Object.entries(edges)) {
        if (values) (file.get(`${names[part]}.edge.${field}`) as Uint32Array).set(values, filled[part]);
      }
      filled[part] += edges.pins.length;
    }
    (file.get('cold.pins') as Uint32Array).set(coldPins);
    await file.commit();
  } catch (error) {
    await file.abort();
    throw error;
  }
}

function readEdges(file: Safetensors, name: string): Edges {
  const part = (part: string) => `${name}.edge.${part}`;
  return {
    pins: file.get(part('pins'), 'U32').data,
    boards: file.get(part('boards'), 'U32').data,
    ...(file.has(part('weights')) && { weights: file.get(part('weights'), 'F32').data }),
    ...(file.has(part('times')) && { times: file.get(part('times'), 'I64').data }),
  };
}
