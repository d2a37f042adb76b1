import * as tf from '@tensorflow/tfjs-core';
import { checkRows, checkShape, checkTensor } from '../checks.js';

/** What both pooling operations take; see importancePool. */
export function checkPool(h: tf.Tensor2D, neighbors: tf.Tensor2D, weights: tf.Tensor2D): void {
  checkTensor('h', h, 2, 'float32');
  checkTensor('neighbors', neighbors, 2, 'int32');
  checkTensor('weights', weights, 2, 'float32');
  checkShape('weights', weights, neighbors.shape, 'that of neighbors');
}

/** The rows of all neighbours, [n, T, d]: what the native kernels never materialise. */
export function gatherNeighbors(h: tf.Tensor2D, neighbors: tf.Tensor2D): tf.Tensor3D {
  checkRows('neighbors', neighbors.dataSync(), h.shape[0]);
  return tf.gather(h, neighbors) as unknown as tf.Tensor3D;
}
