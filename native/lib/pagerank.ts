import { checkDevice, type Device } from './device.js';
import { checkChoice, checkInteger, checkNumber } from './errors.js';
import type { TaskOptions } from './task.js';
import { checkSeed } from './walk-options.js';

export interface PageRankOptions extends TaskOptions {
  /** Probability to restart at the query before each hop, above 0 and below 1. Default 0.15. */
  alpha?: number;
  /**
   * Bound of the L1 error of a query's scores, which sum to 1. Scores are float32: below 1e-6 at the default alpha their rounding
   * decides. Default 1e-6.
   */
  tolerance?: number;
  /** Iterations after which the scores are taken as they are. Default 1000. */
  maxIterations?: number;
  /**
   * `cuda`: on the first NVIDIA GPU. What walks estimate is the same there, and exact scores are equal within the tolerance.
   * Default `cpu`.
   */
  device?: Device;
}

export interface PageRankBandOptions extends PageRankOptions {
  /** First rank of the band. Default 2000. */
  from?: number;
  /** The rank that the band ends before. Default 5000. */
  to?: number;
  /**
   * `exact` solves to the tolerance. `fast` takes random walks and one exact half-hop: with its defaults 95 % and more of the
   * exact top 5000 in a seventh of the time. Default `exact`.
   */
  method?: 'exact' | 'fast';
  /** Walks of a query, for `fast`. Default 100,000. */
  walks?: number;
  /** Seed of the walks, for `fast`. Default 0n. */
  seed?: bigint;
}

/** A band of ranks, a row for each query. */
export interface PageRankBand {
  /** [n, to - from] Padding is the query itself. */
  ids: Uint32Array;
  /** [n, to - from] Padding is 0. */
  scores: Float32Array;
  /** [n] Pins before the padding. */
  counts: Uint32Array;
}

export function checkPageRankOptions(options: PageRankOptions) {
  return {
    alpha: checkNumber('alpha', options.alpha ?? 0.15, 1e-6, 1 - 1e-6),
    tolerance: checkNumber('tolerance', options.tolerance ?? 1e-6, 0, 1),
    cuda: checkDevice(options.device) === 'cuda',
    maxIterations: checkInteger('maxIterations', options.maxIterations ?? 1000, 1, 1_000_000),
  };
}

export function checkMonteCarlo(options: PageRankBandOptions) {
  return {
    fast: checkChoice('method', options.method ?? 'exact', ['exact', 'fast']) === 'fast',
    walks: checkInteger('walks', options.walks ?? 100_000, 1, 2 ** 24),
    seed: checkSeed(options.seed ?? 0n),
  };
}
