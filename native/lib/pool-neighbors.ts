import { addon } from './addon.js';
import { checkBoolean, checkChoice, checkInteger, invalidArgument } from './errors.js';
import { usableMemory } from './memory.js';
import type { Neighborhoods } from './neighborhoods.js';
import { runTask, type TaskOptions } from './task.js';
import { checkArray } from './typed-arrays.js';

const AGGREGATORS = ['importance', 'mean', 'max'] as const;

export interface PoolOptions extends TaskOptions {
  /** Numbers of a row. */
  width: number;
  /** A mean weighted by the neighbours' shares of the visits, a plain one, or the maximum of each coordinate. Default `'importance'`. */
  aggregator?: (typeof AGGREGATORS)[number];
  /**
   * Whether all rows are read once, in order, and each is added where it is wanted, rather than looked up: a disk reads several times
   * faster so, and memory does not. Default: where the rows are more than half of the machine's memory.
   */
  stream?: boolean;
  /** [n, width] Where the result goes. */
  out: Float32Array;
}

/**
 * Pools neighbours' rows (PinSage §3.1). Sums are in the order of the neighbours' ids: the same bits with and without `stream`, and at any
 * number of threads. With `stream` it takes 12 bytes for each neighbour meanwhile.
 *
 * @param rows [pins, width]
 * @param neighborhoods of n pins; a pin without neighbours gets zeros
 * @throws INVALID_ARGUMENT · ABORTED, and `out` holds anything
 */
export async function poolNeighbors(
  rows: Float32Array,
  neighborhoods: Pick<Neighborhoods, 'ids' | 'weights' | 'neighbors'>,
  options: PoolOptions,
): Promise<void> {
  const width = checkInteger('width', options.width, 1, 2 ** 24);
  const aggregator = AGGREGATORS.indexOf(checkChoice('aggregator', options.aggregator ?? 'importance', AGGREGATORS));
  const neighbors = checkInteger('neighborhoods.neighbors', neighborhoods.neighbors, 1, 2 ** 24);
  if (checkArray('rows', rows, Float32Array).length % width !== 0)
    throw invalidArgument('rows', rows, `rows of ${width} numbers`);
  const stream = checkBoolean('stream', options.stream ?? rows.byteLength > usableMemory / 2);
  const out = checkArray('out', options.out, Float32Array);
  if (out.length % width !== 0) throw invalidArgument('out', out, `rows of ${width} numbers`);
  const entries = (out.length / width) * neighbors;
  const ids = checkArray('neighborhoods.ids', neighborhoods.ids, Uint32Array, entries);
  const weights = checkArray('neighborhoods.weights', neighborhoods.weights, Float32Array, entries);
  await runTask(options, (threads, control) =>
    addon.poolNeighbors(rows, width, ids, weights, neighbors, aggregator, stream, out, threads, control),
  );
}
