import { squaredDistance } from './rows.js';

/**
 * Alignment (Wang and Isola, ICML 2020): the mean squared distance of two pins that belong together; less is better.
 *
 * @param a [n, width] of length 1
 * @param b [n, width] of length 1: row i belongs to row i of a
 */
export function alignment(a: Float32Array, b: Float32Array, width: number): number {
  const n = a.length / width;
  let sum = 0;
  for (let i = 0; i < n; i++) sum += squaredDistance(a, i, b, i, width);
  return sum / n;
}
