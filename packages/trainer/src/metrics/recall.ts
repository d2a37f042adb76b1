/** The share of the relevant items that are among the first k. */
export function recall(ranks: Uint32Array, k: number): number {
  let hits = 0;
  for (const rank of ranks) if (rank <= k) hits += 1;
  return hits / ranks.length;
}
