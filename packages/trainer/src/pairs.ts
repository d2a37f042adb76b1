/** Training pairs of one step: each a query, which is one or several pins, and the item that it should find. */
export interface Pairs {
  /** The largest number of pins of a query. */
  width: number;
  /** [n, width] Query pins; row r has `counts[r]` of them, then padding with its first. */
  queries: Uint32Array;
  /** [n] */
  counts: Uint32Array;
  /** [n] */
  items: Uint32Array;
  /** [n] The board that holds a pair's pins; absent when the pairs were given. */
  boards?: Uint32Array;
}

/** Where pairs come from. The same step always has the same pairs. */
export interface PairSource {
  sample(step: number, count: number): Pairs;
  /** [pins] How probable it is that a pair's item is this pin; sums to 1. The logQ correction's Q. */
  readonly itemProbability: Float64Array;
  /** The edges that the step's walks must not cross; undefined when nothing is held out. */
  heldOut(step: number): { folds: number; fold: number } | undefined;
  /** The step's walks only cross edges that are earlier; undefined when they may cross edges of any time. */
  before(step: number): bigint | undefined;
}

/** Folds are held out in turn; a single one would be all edges, so that then none are. */
export function foldInTurn(step: number, folds: number): { folds: number; fold: number } | undefined {
  return folds === 1 ? undefined : { folds, fold: step % folds };
}

/** Room for pairs from boards. */
export function emptyPairs(count: number, width: number): Required<Pairs> {
  return {
    width,
    queries: new Uint32Array(count * width),
    counts: new Uint32Array(count),
    items: new Uint32Array(count),
    boards: new Uint32Array(count),
  };
}
