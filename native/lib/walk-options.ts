import { checkChoice, checkInteger, checkNumber, invalidArgument } from './errors.js';
import { checkArray } from './typed-arrays.js';

/** Random walks pin → board → pin. */
export interface WalkOptions {
  /** Walks from each pin. Default 100; `walks · hops` is at most 2^24. */
  walks?: number;
  /** Hops of a walk at most, 1 to 65,535. Default 3. */
  hops?: number;
  /** Probability to stop (or to restart) before each hop after the first. Default 0.5. */
  stop?: number;
  /** `stop` ends the walk; `restart` jumps back to its start pin and makes all its hops (Pixie). Default `stop`. */
  mode?: 'stop' | 'restart';
  /** Seed of the random numbers, 64 bits. Default 0n. */
  seed?: bigint;
  /** Separates layers, epochs and uses that share a seed, 32 bits. Default 0. */
  stream?: number;
  /** Walks never cross the edges of which `fold(pin, board, folds)` is `fold`. Default: none are held out. */
  heldOut?: { folds: number; fold: number };
  /**
   * Walks only cross edges whose time is strictly earlier: a time for all walks, or one for each seed. `graph.batch` takes one for
   * all. The graph has to have times. A draw that hits another edge, or a held-out one, is drawn again, at most 8 times; then the
   * walk ends. Default: edges of any time.
   */
  before?: bigint | BigInt64Array;
}

/** WalkOptions as the addon reads them. */
export interface NativeWalkOptions {
  walks: number;
  hops: number;
  stop: number;
  restart: boolean;
  seed: bigint;
  stream: number;
  folds: number;
  fold: number;
  /** Of each seed, or one element for all. */
  before?: BigInt64Array;
}

const U32 = 0xffffffff;
const MAX_VISITS = 2 ** 24;

/** The options with their defaults. */
export function checkWalkOptions(options: WalkOptions): NativeWalkOptions {
  const { walks = 100, hops = 3, stop = 0.5, mode = 'stop', seed = 0n, stream = 0, heldOut } = options;
  checkInteger('walks', walks, 1, MAX_VISITS);
  checkInteger('hops', hops, 1, 65535);
  if (walks * hops > MAX_VISITS) {
    throw invalidArgument('walks', walks, `at most ${Math.floor(MAX_VISITS / hops)} walks of ${hops} hops`);
  }
  return {
    walks,
    hops,
    stop: checkNumber('stop', stop, 0, 1),
    restart: checkChoice('mode', mode, ['stop', 'restart']) === 'restart',
    seed: checkSeed(seed),
    stream: checkInteger('stream', stream, 0, U32),
    ...checkHeldOut(heldOut),
  };
}

/** As the addon reads it: 0 folds hold nothing out. */
export function checkHeldOut(heldOut: WalkOptions['heldOut']): { folds: number; fold: number } {
  if (heldOut === undefined) return { folds: 0, fold: 0 };
  const folds = checkInteger('heldOut.folds', heldOut.folds, 1, U32);
  return { folds, fold: checkInteger('heldOut.fold', heldOut.fold, 0, folds - 1) };
}

/**
 * The limits as the addon reads them: those of `seeds` seeds, or one for all.
 *
 * @param seeds Undefined: only one for all is allowed.
 */
export function checkBefore(
  before: WalkOptions['before'],
  times: BigInt64Array | undefined,
  seeds?: number,
): BigInt64Array | undefined {
  if (before === undefined) return undefined;
  if (times === undefined) throw invalidArgument('before', before, 'nothing, as the edges of this graph have no times');
  if (typeof before === 'bigint' && BigInt.asIntN(64, before) === before) return BigInt64Array.of(before);
  if (typeof before === 'bigint' || seeds === undefined) {
    throw invalidArgument('before', before, 'a bigint from -(2n ** 63n) to 2n ** 63n - 1n');
  }
  // A copy: what becomes of the caller's array meanwhile does not matter.
  return checkArray('before', before, BigInt64Array, seeds).slice();
}

/** The value when it is a BigInt of 64 bits. */
export function checkSeed(seed: unknown): bigint {
  if (typeof seed !== 'bigint' || BigInt.asUintN(64, seed) !== seed) {
    throw invalidArgument('seed', seed, 'a bigint from 0n to 2n ** 64n - 1n');
  }
  return seed;
}
