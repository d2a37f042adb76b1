import * as tf from '@tensorflow/tfjs-core';

/** Pairs (row, column) as the tensor [k, 2] that the losses of @pinsage/tensor take; undefined for none. */
export function maskTensor(pairs: Int32Array): tf.Tensor2D | undefined {
  return pairs.length === 0 ? undefined : tf.tensor2d(pairs, [pairs.length / 2, 2], 'int32');
}
