import * as tf from '@tensorflow/tfjs-core';
import { fusedOperation, pinSageBackend } from '../fused.js';
import { checkPool, gatherNeighbors } from './pooling.js';

/**
 * Importance pooling (PinSage §3.1), a weighted mean of neighbours' rows:
 * `y_u = Σ_t w_ut h[neighbors_ut] / Σ_t w_ut`, and 0 where the weights sum to 0.
 * The gradient goes to `h` only; weights come from random walks and are constants.
 *
 * @param h float32 [m, d]
 * @param neighbors int32 [n, T], rows of h; a padding entry is any valid row with weight 0
 * @param weights float32 [n, T], ≥ 0
 * @returns float32 [n, d]
 * @throws PinSageError INVALID_ARGUMENT on another dtype or shape, or a row out of range
 */
export function importancePool(h: tf.Tensor2D, neighbors: tf.Tensor2D, weights: tf.Tensor2D): tf.Tensor2D {
  checkPool(h, neighbors, weights);
  if (pinSageBackend() === undefined) return composite(h, neighbors, weights);
  return fused({ h, neighbors, weights }, { rows: h.shape[0] }) as tf.Tensor2D;
}

const fused = fusedOperation({
  name: 'PinSageImportancePool',
  forward: (backend, { h, neighbors, weights }) => {
    const [nodes, slots] = neighbors.shape;
    const width = h.shape[1];
    const y = backend.output([nodes, width]);
    const w = backend.hostFloats(weights);
    backend.kernels.importancePool(backend.allFloats(h), width, backend.allInts(neighbors), w, slots, y.values);
    return y.info;
  },
  gradient: {
    inputs: ['neighbors', 'weights'],
    of: (dy, [neighbors, weights], { rows }) => ({ h: () => gradient({ dy, neighbors, weights }, { rows }) }),
  },
});

/** dh_v = Σ over (u, t) with neighbors_ut = v of w_ut / Σ_t w_ut · dy_u, through the inverted index of the neighbours. */
const gradient = fusedOperation({
  name: 'PinSageImportancePoolGradient',
  forward: (backend, { dy, neighbors, weights }, { rows }) => {
    const width = dy.shape[1];
    const dh = backend.output([rows as number, width]);
    const w = backend.hostFloats(weights);
    const slots = neighbors.shape[1];
    backend.kernels.importancePoolGradient(
      backend.allFloats(dy),
      width,
      backend.allInts(neighbors),
      w,
      slots,
      dh.values,
    );
    return dh.info;
  },
});

function composite(h: tf.Tensor2D, neighbors: tf.Tensor2D, weights: tf.Tensor2D): tf.Tensor2D {
  return tf.tidy(() => {
    const total = tf.sum(weights, 1, true);
    const shares = tf.div(weights, tf.where(tf.equal(total, 0), tf.onesLike(total), total));
    return tf.sum(tf.mul(gatherNeighbors(h, neighbors), tf.expandDims(shares, 2)), 1) as tf.Tensor2D;
  });
}
