import * as tf from '@tensorflow/tfjs-core';

/** Pairs (row, column) as the tensor [k, 2] that the losses of @pinsage/tensor take; undefined for none. */
export function maskTensor(pairs: Int32Array): tf.Tensor2D | undefined {
  return pairs.length === 0 ? undefined : tf.tensor2d(pairs, [pairs.length / 2, 2], 'int32');
}

/**
 * Entries of queries' score matrices that count as negatives, of m queries with n positives and `others` other candidates each: what a
 * loss takes its mean over that has no other queries' positives among its negatives.
 */
export function countNegatives(queries: number, positives: number, others: number, masked: Int32Array): number {
  const out = new Set<number>();
  for (let i = 0; i < masked.length; i += 2) {
    if (masked[i + 1] >= positives) out.add(masked[i] * (positives + others) + masked[i + 1]);
  }
  return queries * others - out.size;
}

/** The pairs that are left where a score matrix has no columns for the n positives. */
export function withoutPositives(masked: Int32Array, n: number): Int32Array {
  const kept: number[] = [];
  for (let i = 0; i < masked.length; i += 2) {
    if (masked[i + 1] >= n) kept.push(masked[i], masked[i + 1] - n);
  }
  return Int32Array.from(kept);
}
