/** The third standardised moment: 0 when symmetric, large when a few values are far above the others; 0 when all are equal. */
export function skewness(values: ArrayLike<number>): number {
  const n = values.length;
  let mean = 0;
  for (let i = 0; i < n; i++) mean += values[i] / n;
  let [second, third] = [0, 0];
  for (let i = 0; i < n; i++) {
    second += (values[i] - mean) ** 2 / n;
    third += (values[i] - mean) ** 3 / n;
  }
  return second === 0 ? 0 : third / second ** 1.5;
}
