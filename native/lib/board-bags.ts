import type { NewPins } from './batch.js';
import {
  type FeatureSource,
  type GatheredFeature,
  type NativeFeature,
  type NativeSource,
  wrapFeatures,
} from './features.js';
import type { TaskOptions } from './task.js';

export interface BoardBagOptions extends TaskOptions {
  /** [boards] What a board counts for, such as its inverse document frequency. */
  weights: Float32Array;
  /** Features of the boards, gathered for those that the pins are on. Default: none. */
  features?: FeatureSource[];
  /** Edges of this fold do not count, as for walks. Default: all count. */
  heldOut?: { folds: number; fold: number };
  /** Only edges whose time is strictly earlier count, as for walks; those of new pins have no time. Default: all count. */
  before?: bigint;
  /** As `graph.batch` takes them. Default: none. */
  newPins?: NewPins;
}

/** The boards of n pins, re-indexed: pin i is on the boards `boards[rows[k]]`, k from offsets[i] to offsets[i + 1]. */
export interface BoardBags {
  /** [m] Each once, in order of first appearance. */
  boards: Uint32Array;
  /** [n + 1] */
  offsets: Int32Array;
  rows: Int32Array;
  /** The boards' weights, scaled so that the squares of a pin's sum to 1; 0 where all of them are 0. */
  weights: Float32Array;
  /** Of the m boards. */
  features: GatheredFeature[];
}

/** What the addon answers. */
export interface NativeBoardBags {
  boards: ArrayBuffer;
  offsets: ArrayBuffer;
  rows: ArrayBuffer;
  weights: ArrayBuffer;
  features: NativeFeature[];
}

export function wrapBoardBags(bags: NativeBoardBags, sources: NativeSource[]): BoardBags {
  return {
    boards: new Uint32Array(bags.boards),
    offsets: new Int32Array(bags.offsets),
    rows: new Int32Array(bags.rows),
    weights: new Float32Array(bags.weights),
    features: wrapFeatures(sources, bags.features),
  };
}
