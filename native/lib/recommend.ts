import { checkBoolean, checkInteger, checkNumber, invalidArgument } from './errors.js';
import type { TaskOptions } from './task.js';
import { checkArray, checkIds } from './typed-arrays.js';
import { checkSeed } from './walk-options.js';

/** The pins to recommend for. */
export interface RecommendQuery {
  pins: Uint32Array;
  /** [pins] How much each matters, 0 or more; a pin that is there twice counts with both. Default: 1 each. */
  weights?: Float32Array;
}

export interface RecommendOptions extends TaskOptions {
  /** Hops of the walks of all query pins together, 1 to 2^24. Default 100,000. */
  steps?: number;
  /** Hops of one walk, 1 to 65,535. Default 10. */
  hops?: number;
  /** Probability to jump back to the query pin before each hop after a walk's first. Default 0.5. */
  restart?: number;
  /** Recommended pins at most. Default 100. */
  top?: number;
  /** Pins that are never recommended, besides the query's own. Default: none. */
  exclude?: Uint32Array;
  /**
   * Whether to prefer pins that several query pins reach: a score is then (Σ √visits)² over the query pins, and Σ visits
   * otherwise. Default true.
   */
  multiHit?: boolean;
  /** [pins of the graph] A factor of each pin's score; where it is not above 0, the pin is left out. Default: 1 each. */
  boosts?: Float32Array;
  /**
   * Ends the walks of a query pin once `pins` pins have `visits` visits each, which is looked at after every 1024 walks. Default:
   * all walks are made.
   */
  earlyStop?: { pins: number; visits: number };
  /** Seed of the random numbers, 64 bits. Default 0n. */
  seed?: bigint;
}

/** Recommended pins, best first, ties by smaller id: as many as were found, `top` at most. */
export interface Recommendations {
  ids: Uint32Array;
  scores: Float32Array;
  /** Visits by the walks of all query pins. */
  counts: Uint32Array;
  /** Hops that were made. */
  steps: number;
}

/** What the addon answers. */
export interface NativeRecommendations {
  ids: ArrayBuffer;
  scores: ArrayBuffer;
  counts: ArrayBuffer;
  steps: number;
}

const MAX_STEPS = 2 ** 24;
const U32 = 0xffffffff;

/** The query when its pins are in the graph and not too many for walks of `hops` hops. */
export function checkQuery(query: RecommendQuery, pins: number, hops: number): RecommendQuery {
  checkIds('pins', query?.pins, pins, 'pins');
  const most = Math.floor(MAX_STEPS / hops);
  if (query.pins.length > most) throw invalidArgument('pins', query.pins, `at most ${most} pins with ${hops} hops`);
  if (query.weights !== undefined) {
    checkArray('weights', query.weights, Float32Array, query.pins.length).forEach((weight, i) => {
      checkNumber(`weights[${i}]`, weight, 0, 1e30);
    });
  }
  return query;
}

/** The options with their defaults, as the addon reads them. */
export function checkRecommendOptions(options: RecommendOptions, pins: number) {
  const { steps = 100_000, hops = 10, restart = 0.5, top = 100, multiHit = true, seed = 0n, earlyStop } = options;
  checkBoolean('multiHit', multiHit);
  if (options.exclude !== undefined) checkIds('exclude', options.exclude, pins, 'pins');
  if (options.boosts !== undefined) checkArray('boosts', options.boosts, Float32Array, pins);
  const native = {
    steps: checkInteger('steps', steps, 1, MAX_STEPS),
    hops: checkInteger('hops', hops, 1, 65535),
    restart: checkNumber('restart', restart, 0, 1),
    top: checkInteger('top', top, 1, U32),
    multiHit,
    seed: checkSeed(seed),
  };
  if (earlyStop === undefined) return native;
  return {
    ...native,
    earlyStop: {
      pins: checkInteger('earlyStop.pins', earlyStop.pins, 1, U32),
      visits: checkInteger('earlyStop.visits', earlyStop.visits, 1, U32),
    },
  };
}
