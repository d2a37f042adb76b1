/** Normalised discounted cumulative gain of the first k: gain 1 / log2(rank + 1) for each relevant item, over the best order's. */
export function ndcg(ranks: Uint32Array, k: number): number {
  let gain = 0;
  for (const rank of ranks) if (rank <= k) gain += 1 / Math.log2(rank + 1);
  let best = 0;
  for (let rank = 1; rank <= Math.min(k, ranks.length); rank++) best += 1 / Math.log2(rank + 1);
  return gain / best;
}
