/**
 * The mean cosine of two different rows: near 0 where embeddings use all directions, near 1 where they have collapsed into a cone.
 * The sum over all pairs is (|Σ u|² − Σ |u|²) / 2, so that no pair has to be looked at.
 *
 * @param units [n, width] of length 1, n ≥ 2
 */
export function meanCosine(units: Float32Array, width: number): number {
  const n = units.length / width;
  const sum = new Float64Array(width);
  let squares = 0;
  for (const [i, value] of units.entries()) {
    sum[i % width] += value;
    squares += value * value;
  }
  return (sum.reduce((total, value) => total + value * value, 0) - squares) / (n * (n - 1));
}
