import { invalidArgument } from '@pinsage/native';
import * as tf from '@tensorflow/tfjs-core';
import { checkTensor } from '../checks.js';

export function checkMasked(masked: tf.Tensor2D | undefined): void {
  if (masked === undefined) return;
  checkTensor('masked', masked, 2, 'int32');
  if (masked.shape[1] !== 2) throw invalidArgument('masked.shape[1]', masked.shape[1], '2: a row and a column');
}

/** What fused losses take instead of an absent mask. */
export function nothingMasked(): tf.Tensor2D {
  return tf.tensor2d([], [0, 2], 'int32');
}

/** bool [n, m], true at the masked (row, column) entries; repeated entries count once. */
export function scoreMask(masked: tf.Tensor2D | undefined, shape: [number, number]): tf.Tensor2D {
  if (masked === undefined || masked.shape[0] === 0) return tf.zeros(shape, 'bool');
  const pairs = masked.dataSync();
  for (let i = 0; i < pairs.length; ++i) {
    if (!(pairs[i] >= 0 && pairs[i] < shape[i % 2])) {
      throw invalidArgument(`masked[${i >> 1}, ${i % 2}]`, pairs[i], `an integer from 0 to ${shape[i % 2] - 1}`);
    }
  }
  return tf.greater(tf.scatterND(masked, tf.ones([masked.shape[0]]), shape), 0) as tf.Tensor2D;
}
