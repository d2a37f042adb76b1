import { checkDevice, type Device } from './device.js';
import { checkInteger } from './errors.js';
import type { TaskOptions } from './task.js';
import { checkArray, checkIds } from './typed-arrays.js';
import { checkWalkOptions, type NativeWalkOptions, type WalkOptions } from './walk-options.js';

export interface NeighborhoodOptions extends WalkOptions, TaskOptions {
  /** T: how many of the most visited pins are kept, 1 to 65,536. Default 50. */
  neighbors?: number;
  /** Pairs of pins of which neither counts as the other's neighbour: a training batch's own pairs. Default: none. */
  exclude?: { queries: Uint32Array; items: Uint32Array };
  /**
   * `cuda`: on the first NVIDIA GPU, where the graph goes with the first call and stays. Default: what the environment's
   * PINSAGE_DEVICE says, else `cpu`.
   */
  device?: Device;
}

/** Importance neighbourhoods, a row for each seed: the pins that its walks visited most, most visited first, ties by smaller id. */
export interface Neighborhoods {
  /** [n, neighbors] Padding is the seed itself. */
  ids: Uint32Array;
  /** [n, neighbors] Shares of the kept visits, which sum to 1; padding is 0. */
  weights: Float32Array;
  /** [n] Neighbours before the padding. */
  counts: Uint32Array;
  neighbors: number;
}

export interface NativeNeighborhoodOptions extends NativeWalkOptions {
  neighbors: number;
  cuda: boolean;
}

export function checkNeighborhoodOptions(options: NeighborhoodOptions): NativeNeighborhoodOptions {
  return {
    ...checkWalkOptions(options),
    neighbors: checkInteger('neighbors', options.neighbors ?? 50, 1, 65536),
    cuda: checkDevice(options.device) === 'cuda',
  };
}

/** The pairs' two arrays, or none. Their ids lie below `pins`. */
export function checkExclude(
  exclude: NeighborhoodOptions['exclude'],
  pins: number,
): [Uint32Array | undefined, Uint32Array | undefined] {
  if (exclude === undefined) return [undefined, undefined];
  checkIds('exclude.queries', exclude.queries, pins, 'pins');
  checkArray('exclude.items', exclude.items, Uint32Array, exclude.queries.length);
  checkIds('exclude.items', exclude.items, pins, 'pins');
  return [exclude.queries, exclude.items];
}
