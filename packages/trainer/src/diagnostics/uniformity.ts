import { squaredDistance } from './rows.js';

/**
 * Uniformity (Wang and Isola, ICML 2020): log of the mean of exp(−2 |x − y|²) over pairs of different rows. 0 when all are the same,
 * −4 (in many dimensions) when they are spread evenly over the sphere; less is better.
 *
 * @param units [n, width] of length 1, n ≥ 2
 */
export function uniformity(units: Float32Array, width: number): number {
  const n = units.length / width;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) sum += Math.exp(-2 * squaredDistance(units, i, units, j, width));
  }
  return Math.log(sum / ((n * (n - 1)) / 2));
}
