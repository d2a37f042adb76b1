import { eigenvalues } from './eigenvalues.js';

/**
 * Effective rank (Roy and Vetterli, EUSIPCO 2007) of the rows' covariance: exp of the entropy of its eigenvalues over their sum. From 1
 * (all variance along one direction) to the width (the same along each); 0 when all rows are the same.
 *
 * @param rows [n, width]
 */
export function effectiveRank(rows: Float32Array, width: number): number {
  const n = rows.length / width;
  const centred = centre(rows, width);
  // X Xᵀ has the eigenvalues of Xᵀ X that are not zero: the smaller one is taken.
  const products = n < width ? gram(centred, n, width, width, 1) : gram(centred, width, n, 1, width);
  const values = eigenvalues(products, Math.min(n, width)).map((value) => Math.max(value, 0));
  const total = values.reduce((sum, value) => sum + value, 0);
  if (total <= 0) return 0;
  return Math.exp(
    values.reduce((sum, value) => (value === 0 ? sum : sum - (value / total) * Math.log(value / total)), 0),
  );
}

function centre(rows: Float32Array, width: number): Float64Array {
  const n = rows.length / width;
  const mean = new Float64Array(width);
  for (const [i, value] of rows.entries()) mean[i % width] += value / n;
  return Float64Array.from(rows, (value, i) => value - mean[i % width]);
}

/** [size, size] Inner products of `size` vectors of `length` numbers; vector i begins at i · stride, its numbers are `step` apart. */
function gram(values: Float64Array, size: number, length: number, stride: number, step: number): Float64Array {
  const vectors = new Float64Array(size * length);
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < length; k++) vectors[i * length + k] = values[i * stride + k * step];
  }
  const products = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let k = 0; k < length; k++) sum += vectors[i * length + k] * vectors[j * length + k];
      products[i * size + j] = sum;
      products[j * size + i] = sum;
    }
  }
  return products;
}
