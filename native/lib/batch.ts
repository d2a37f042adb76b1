import { checkInteger, invalidArgument } from './errors.js';
import {
  buffersOf,
  type FeatureSource,
  type GatheredFeature,
  type NativeFeature,
  type NativeSource,
  wrapFeatures,
} from './features.js';
import type { NeighborhoodOptions } from './neighborhoods.js';
import { releasable } from './result-memory.js';
import { checkArray, checkIds } from './typed-arrays.js';

/** Pins outside the graph: pin `graph.pins + i` has boards[offsets[i]] … boards[offsets[i + 1] - 1]. */
export interface NewPins {
  /** [new pins + 1] */
  offsets: Uint32Array;
  boards: Uint32Array;
}

export interface BatchOptions extends NeighborhoodOptions {
  /** Convolutions over the roots, 1 to 16. */
  layers: number;
  /** Gathered for every row of the batch. Default: none. */
  features?: FeatureSource[];
  /**
   * Leaves the rows of dense features (of more than one number) where they are: what the batch has of them is `deferred`, and
   * gatherFeature() of @pinsage/tensor gathers it on the GPU. Default false.
   */
  deferDense?: boolean;
  /**
   * Pins that the graph does not have and roots may name. Walks may leave from them but never arrive. A batch with new pins is
   * sampled on the processor, whatever `device` says, with the same result.
   */
  newPins?: NewPins;
}

/**
 * One minibatch, re-indexed. Its rows are unique pins: the first sizes[layers] are the roots in order of first appearance, then
 * come their new neighbours, then theirs. N(u) is the same in every layer (as in the paper), so that layer k = 1 … layers takes
 * rows [0, sizes[k]) of neighbors and weights, whose entries point into rows [0, sizes[k - 1]).
 */
export interface Batch {
  /** [sizes[0]] */
  pins: Uint32Array;
  /** [roots] The row of each root; a root that is there twice has the same row twice. */
  rootRows: Int32Array;
  /** layers + 1 numbers of rows: sizes[0] ≥ … ≥ sizes[layers]. */
  sizes: number[];
  /** [sizes[1], width] rows; padding is the own row. */
  neighbors: Int32Array;
  /** [sizes[1], width]; padding is 0. */
  weights: Float32Array;
  /** Neighbours of a row at most: the option `neighbors`, or the sum of `quotas`. */
  width: number;
  /** Of all sizes[0] rows; new pins have zeros or empty bags. */
  features: GatheredFeature[];
}

/** What the addon answers. */
export interface NativeBatch {
  pins: ArrayBuffer;
  rootRows: ArrayBuffer;
  sizes: number[];
  neighbors: ArrayBuffer;
  weights: ArrayBuffer;
  features: NativeFeature[];
}

export function wrapBatch(batch: NativeBatch, width: number, sources: NativeSource[]): Batch {
  const { pins, rootRows, sizes, neighbors, weights, features } = batch;
  const wrapped = {
    pins: new Uint32Array(pins),
    rootRows: new Int32Array(rootRows),
    sizes,
    neighbors: new Int32Array(neighbors),
    weights: new Float32Array(weights),
    width,
    features: wrapFeatures(sources, features),
  };
  return releasable(wrapped, [pins, rootRows, neighbors, weights, ...buffersOf(features)]);
}

/** The number of new pins. */
export function checkNewPins(newPins: NewPins | undefined, pins: number, boards: number): number {
  if (newPins === undefined) return 0;
  const offsets = checkArray('newPins.offsets', newPins.offsets, Uint32Array);
  checkIds('newPins.boards', newPins.boards, boards, 'boards');
  const monotone = offsets.every((offset, i) => i === 0 || offset >= offsets[i - 1]);
  if (offsets[0] !== 0 || offsets.at(-1) !== newPins.boards.length || !monotone) {
    throw invalidArgument('newPins.offsets', offsets, `ascending from 0 to newPins.boards.length`);
  }
  return checkInteger('the number of new pins', offsets.length - 1, 0, 0xffffffff - pins);
}
