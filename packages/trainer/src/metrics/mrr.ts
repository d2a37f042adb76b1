/** Mean reciprocal rank with ranks in steps of `scale`: the mean of 1 / ceil(rank / scale). PinSage §4.2 uses 100, because its catalogue is large. */
export function scaledMrr(ranks: Uint32Array, scale = 100): number {
  let sum = 0;
  for (const rank of ranks) sum += 1 / Math.ceil(rank / scale);
  return sum / ranks.length;
}
