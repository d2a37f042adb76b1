/** 1 when one of the relevant items is among the first k, else 0. */
export function hitRate(ranks: Uint32Array, k: number): number {
  return ranks.some((rank) => rank <= k) ? 1 : 0;
}
