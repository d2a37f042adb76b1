import * as tf from '@tensorflow/tfjs-core';

/** Pairs (row, column) as the tensor [k, 2] that the losses of @pinsage/tensor take; undefined for none. */
export function maskTensor(pairs: Int32Array): tf.Tensor2D | undefined {
  return pairs.length === 0 ? undefined : tf.tensor2d(pairs, [pairs.length / 2, 2], 'int32');
}

/** The pairs that are left where a score matrix has no columns for the n positives. */
export function withoutPositives(masked: Int32Array, n: number): Int32Array {
  const kept: number[] = [];
  for (let i = 0; i < masked.length; i += 2) {
    if (masked[i + 1] >= n) kept.push(masked[i], masked[i + 1] - n);
  }
  return Int32Array.from(kept);
}
