import { cosine } from './vector-math.js';

/** Places that are chosen by maximal marginal relevance; later ones follow in the order of their relevance. */
const CHOSEN = 200;
/** Candidates for a place. */
const CANDIDATES = 1000;

/** How many candidates `diversify` makes use of for a list of this length. */
export function candidatesFor(top: number): number {
  return Math.max(top, Math.min(CANDIDATES, Math.max(100, 5 * top)));
}

/**
 * Maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998): one after the other, of the candidates that are left, the one with the largest
 *
 *     λ relevance(d) − (1 − λ) max_{s chosen} cos(d, s) ,  λ = 1 − diversity
 *
 * Ties go by the order given.
 *
 * @param relevance of the candidates, best first: scaled so that the best one's is 1, as a cosine's largest is
 * @param vectors of the candidates
 * @param diversity 0 keeps the order, 1 looks at unlikeness alone
 * @returns the candidates that are chosen, in their order
 */
export function diversify(
  relevance: ArrayLike<number>,
  vectors: Float32Array[],
  top: number,
  diversity: number,
): number[] {
  const count = Math.min(top, vectors.length, CHOSEN);
  const largest = Math.abs(relevance[0]) || 1;
  const likeness = new Float64Array(vectors.length);
  const left = Array.from(vectors.keys());
  const chosen: number[] = [];
  while (chosen.length < count) {
    let best = 0;
    let bestValue = Number.NEGATIVE_INFINITY;
    left.forEach((candidate, i) => {
      const value = ((1 - diversity) * relevance[candidate]) / largest - diversity * likeness[candidate];
      if (value > bestValue) [best, bestValue] = [i, value];
    });
    const [next] = left.splice(best, 1);
    chosen.push(next);
    for (const candidate of left) {
      const cos = cosine(vectors[candidate], vectors[next]);
      likeness[candidate] = chosen.length === 1 ? cos : Math.max(likeness[candidate], cos);
    }
  }
  return [...chosen, ...left.slice(0, top - count)];
}
