import { setImmediate } from 'node:timers/promises';
import type { PinSage } from '@pinsage/model';
import { type Graph, largeArray, type NeighborhoodOptions, poolNeighbors, release } from '@pinsage/native';
import * as tf from '@tensorflow/tfjs-core';
import { type Block, pinsOf } from './ahead.js';

/** What neighbours are pooled from. */
export interface NeighborRows {
  model: PinSage;
  graph: Graph;
  /** How N(u) is sampled, and how the native calls run. */
  sampling: NeighborhoodOptions;
  /** [pins, hidden] Each pin as a neighbour is seen. */
  rows: Float32Array;
  /** Pins that are computed at once. */
  block: number;
  /** Bytes that may be taken meanwhile. */
  memory: number;
}

/**
 * All pins' pooled neighbours, block by block; `pooled` makes the tensor [block, hidden]. As many pins as `memory` has room for are pooled at
 * once: where rows are read from a disk, all of them are read for each such part. Between two blocks the event loop runs.
 */
export async function* pooledBlocks(from: NeighborRows): AsyncGenerator<[Block, pooled: () => tf.Tensor2D]> {
  const { model, graph, sampling, rows, block: size, memory } = from;
  const { hidden, aggregator } = model.config;
  const most = Math.max(size, Math.floor(memory / bytesPerPin(hidden, sampling)));
  const sums = largeArray(Float32Array, Math.min(most, graph.pins) * hidden);
  try {
    for (let first = 0; first < graph.pins; first += most) {
      const last = Math.min(first + most, graph.pins);
      const neighborhoods = await graph.neighborhoods(pinsOf({ begin: first, end: last }), sampling);
      const { signal, threads } = sampling;
      const out = sums.subarray(0, (last - first) * hidden);
      await poolNeighbors(rows, neighborhoods, { width: hidden, aggregator, out, signal, threads });
      for (let begin = first; begin < last; begin += size) {
        const end = Math.min(begin + size, last);
        const pooled = () =>
          tf.tensor2d(out.subarray((begin - first) * hidden, (end - first) * hidden), [end - begin, hidden]);
        yield [{ begin, end }, pooled];
        await setImmediate();
      }
    }
  } finally {
    release(sums);
  }
}

/** Its sums; and of each neighbour an id and a weight, and the 12 bytes that `poolNeighbors` may take. */
function bytesPerPin(hidden: number, { neighbors = 50, quotas }: NeighborhoodOptions): number {
  return 4 * hidden + 20 * (quotas?.reduce((sum, quota) => sum + quota, 0) ?? neighbors);
}
