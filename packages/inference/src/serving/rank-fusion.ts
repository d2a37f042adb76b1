/** As in the paper: large beside the first ranks, so that no list decides the top alone. */
const OFFSET = 60;

/** Rows with the share that a list of them has in a mix. */
export interface RankedList {
  /** Best first. */
  rows: ArrayLike<number>;
  share: number;
}

/**
 * Reciprocal rank fusion (Cormack, Clarke and Büttcher, SIGIR 2009), with shares:
 *
 *     score(d) = Σ_lists share / (60 + rank(d)) ,  rank from 1, nothing from a list without d
 *
 * Ranks, and not scores, because an inner product and a count of a walk's visits have no common scale, and how visits are spread
 * differs from pin to pin.
 *
 * @returns best first, ties by smaller row; scores as parts of the largest that there can be, 1 for the first of all lists
 */
export function fuseRanks(lists: RankedList[]): { rows: Uint32Array; scores: Float32Array } {
  const scores = new Map<number, number>();
  for (const { rows, share } of lists) {
    for (let i = 0; i < rows.length; ++i) {
      scores.set(rows[i], (scores.get(rows[i]) ?? 0) + (share * (OFFSET + 1)) / (OFFSET + i + 1));
    }
  }
  const ranked = [...scores].sort(([a, s], [b, t]) => t - s || a - b);
  return {
    rows: Uint32Array.from(ranked, ([row]) => row),
    scores: Float32Array.from(ranked, ([, score]) => score),
  };
}
