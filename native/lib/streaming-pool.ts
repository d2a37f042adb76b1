import { addon } from './addon.js';
import { checkChoice, checkInteger, invalidArgument } from './errors.js';
import type { Neighborhoods } from './neighborhoods.js';
import { runTask, type TaskOptions } from './task.js';
import { checkArray } from './typed-arrays.js';

const AGGREGATORS = ['importance', 'mean', 'max'] as const;

export interface StreamingPoolOptions extends TaskOptions {
  /** Numbers of a row. */
  width: number;
  /** A mean weighted by the neighbours' shares of the visits, a plain one, or the maximum of each coordinate. Default `'importance'`. */
  aggregator?: (typeof AGGREGATORS)[number];
  /** [n, width] Where the result goes. */
  out: Float32Array;
}

/**
 * Pools neighbours' rows (PinSage §3.1) without looking them up: all rows are read once, in order, and each is added where it is wanted.
 * For rows in a mapped file that memory does not hold, where a look-up is a read of the disk. It takes 12 bytes for each neighbour
 * meanwhile. Sums are in the order of the neighbours' ids, at any number of threads.
 *
 * @param rows [pins, width]
 * @param neighborhoods of n pins; a pin without neighbours gets zeros
 * @throws INVALID_ARGUMENT · ABORTED, and `out` holds anything
 */
export async function poolStreaming(
  rows: Float32Array,
  neighborhoods: Pick<Neighborhoods, 'ids' | 'weights' | 'neighbors'>,
  options: StreamingPoolOptions,
): Promise<void> {
  const width = checkInteger('width', options.width, 1, 2 ** 24);
  const aggregator = AGGREGATORS.indexOf(checkChoice('aggregator', options.aggregator ?? 'importance', AGGREGATORS));
  const neighbors = checkInteger('neighborhoods.neighbors', neighborhoods.neighbors, 1, 2 ** 24);
  if (checkArray('rows', rows, Float32Array).length % width !== 0)
    throw invalidArgument('rows', rows, `rows of ${width} numbers`);
  const out = checkArray('out', options.out, Float32Array);
  if (out.length % width !== 0) throw invalidArgument('out', out, `rows of ${width} numbers`);
  const entries = (out.length / width) * neighbors;
  const ids = checkArray('neighborhoods.ids', neighborhoods.ids, Uint32Array, entries);
  const weights = checkArray('neighborhoods.weights', neighborhoods.weights, Float32Array, entries);
  await runTask(options, (threads, control) =>
    addon.poolStreaming(rows, width, ids, weights, neighbors, aggregator, out, threads, control),
  );
}
