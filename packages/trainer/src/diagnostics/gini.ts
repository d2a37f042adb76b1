/** The Gini coefficient of counts: 0 when all are equal, near 1 when one has everything; 0 when all are 0. */
export function gini(counts: Uint32Array): number {
  const sorted = counts.slice().sort();
  const n = sorted.length;
  let [sum, weighted] = [0, 0];
  for (const [i, count] of sorted.entries()) {
    sum += count;
    weighted += (i + 1) * count;
  }
  return sum === 0 ? 0 : (2 * weighted) / (n * sum) - (n + 1) / n;
}
