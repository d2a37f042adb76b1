import { checkDevice, type Device } from './device.js';
import { checkInteger, invalidArgument } from './errors.js';
import type { TaskOptions } from './task.js';
import { checkArray, checkIds } from './typed-arrays.js';
import { checkWalkOptions, type NativeWalkOptions, type WalkOptions } from './walk-options.js';

export interface NeighborhoodOptions extends WalkOptions, TaskOptions {
  /** T: how many of the most visited pins are kept, 1 to 65,536. Default 50. */
  neighbors?: number;
  /**
   * Instead of `neighbors`: how many neighbours each type of board gives, 0 to 65,536 and at most so many together; quotas[t] is that
   * of type t, and a type without one gives none. The neighbours of a type are the pins that walks over its boards alone visit most.
   * The types' lists stand side by side, each weighted by its quota's share in the quotas of the types that have neighbours; a
   * pin that is in several counts once, with the sum of its weights. The graph's boards have to have types. Its part of a type is
   * made by the first call that walks there and stays; all together take as much memory as the graph. Default: types do not count.
   */
  quotas?: number[];
  /** Pairs of pins of which neither counts as the other's neighbour: a training batch's own pairs. Default: none. */
  exclude?: { queries: Uint32Array; items: Uint32Array };
  /**
   * `cuda`: on the first NVIDIA GPU, where the graph goes with the first call and stays. Default: what the environment's
   * PINSAGE_DEVICE says, else `cpu`.
   */
  device?: Device;
}

/**
 * Importance neighbourhoods, a row for each seed: the pins that its walks visited most, most visited first, ties by smaller id; with
 * quotas, type by type.
 */
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
  /** [types]; the neighbours are their sum. */
  quotas?: Uint32Array;
  cuda: boolean;
}

const MAX_NEIGHBORS = 65536;
const MAX_TYPES = 256;

/** @param boardTypes Of the graph that walks go over. */
export function checkNeighborhoodOptions(
  options: NeighborhoodOptions,
  boardTypes: Uint8Array | undefined,
): NativeNeighborhoodOptions {
  const quotas = checkQuotas(options.quotas, boardTypes);
  const neighbors = quotas ? quotas.reduce((sum, quota) => sum + quota, 0) : (options.neighbors ?? 50);
  return {
    ...checkWalkOptions(options),
    neighbors: checkInteger(quotas ? 'the sum of quotas' : 'neighbors', neighbors, 1, MAX_NEIGHBORS),
    quotas,
    cuda: checkDevice(options.device) === 'cuda',
  };
}

function checkQuotas(
  quotas: NeighborhoodOptions['quotas'],
  boardTypes: Uint8Array | undefined,
): Uint32Array | undefined {
  if (quotas === undefined) return undefined;
  if (boardTypes === undefined) {
    throw invalidArgument('quotas', quotas, 'nothing, as the boards of this graph have no types');
  }
  if (!Array.isArray(quotas) || quotas.length > MAX_TYPES) {
    throw invalidArgument('quotas', quotas, `an array of at most ${MAX_TYPES} numbers`);
  }
  return Uint32Array.from(quotas, (quota, type) => checkInteger(`quotas[${type}]`, quota, 0, MAX_NEIGHBORS));
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
