import * as tf from '@tensorflow/tfjs-core';
import { checkTensor } from '../checks.js';
import { fusedOperation, pinSageBackend } from '../fused.js';

/** Rows shorter than this have no direction. */
const SHORTEST = 1e-12;

/**
 * Rows of length 1: `y_i = x_i / |x_i|`. Rows shorter than 1e-12 become zeros and pass no gradient on.
 * Gradient: `dx_i = (dy_i − y_i (y_i · dy_i)) / |x_i|`.
 *
 * @param x float32 [n, d]
 * @returns float32 [n, d]
 * @throws PinSageError INVALID_ARGUMENT on another dtype or rank
 */
export function l2Normalize(x: tf.Tensor2D): tf.Tensor2D {
  checkTensor('x', x, 2, 'float32');
  return pinSageBackend() === undefined ? composite(x) : (fused({ x }) as tf.Tensor2D);
}

const fused = fusedOperation({
  name: 'PinSageL2Normalize',
  forward: (backend, { x }) => {
    const y = backend.output(x.shape);
    backend.kernels.l2Normalize(backend.allFloats(x), x.shape[1], y.values);
    return y.info;
  },
  gradient: { inputs: ['x'], of: (dy, [x]) => ({ x: () => gradient({ dy, x }) }) },
});

const gradient = fusedOperation({
  name: 'PinSageL2NormalizeGradient',
  forward: (backend, { dy, x }) => {
    const dx = backend.output(x.shape);
    backend.kernels.l2NormalizeGradient(backend.allFloats(x), backend.allFloats(dy), x.shape[1], dx.values);
    return dx.info;
  },
});

function composite(x: tf.Tensor2D): tf.Tensor2D {
  return tf.tidy(() => {
    const squares = tf.sum(tf.square(x), 1, true);
    const long = tf.greaterEqual(squares, SHORTEST * SHORTEST);
    // The square root sees 1 instead of 0: its gradient at 0 is infinite, and infinity times the 0 of `where` is NaN.
    const norm = tf.sqrt(tf.where(long, squares, tf.onesLike(squares)));
    return tf.div(tf.where(long, x, tf.zerosLike(x)), norm);
  });
}
