import * as tf from '@tensorflow/tfjs-core';
import { fusedOperation, pinSageBackend } from '../fused.js';
import { checkPool, gatherNeighbors } from './pooling.js';

/**
 * Max pooling over neighbours (GraphSAGE): `y_uj = max over t with w_ut > 0 of h[neighbors_ut, j]`, and 0 where there is no
 * such t. The gradient goes to the first neighbour that reaches the maximum.
 *
 * @param h float32 [m, d]
 * @param neighbors int32 [n, T], rows of h
 * @param weights float32 [n, T]; only their sign matters
 * @returns float32 [n, d]
 * @throws PinSageError INVALID_ARGUMENT on another dtype or shape, or a row out of range
 */
export function maxPool(h: tf.Tensor2D, neighbors: tf.Tensor2D, weights: tf.Tensor2D): tf.Tensor2D {
  checkPool(h, neighbors, weights);
  if (pinSageBackend() === undefined) return composite(h, neighbors, weights);
  return fused({ h, neighbors, weights }) as tf.Tensor2D;
}

const fused = fusedOperation({
  name: 'PinSageMaxPool',
  forward: (backend, { h, neighbors, weights }) => {
    const [nodes, slots] = neighbors.shape;
    const width = h.shape[1];
    const y = backend.output([nodes, width]);
    const w = backend.hostFloats(weights);
    backend.kernels.maxPool(backend.allFloats(h), width, backend.allInts(neighbors), w, slots, y.values);
    return y.info;
  },
  gradient: {
    inputs: ['h', 'neighbors', 'weights'],
    of: (dy, [h, neighbors, weights]) => ({ h: () => gradient({ dy, h, neighbors, weights }) }),
  },
});

const gradient = fusedOperation({
  name: 'PinSageMaxPoolGradient',
  forward: (backend, { dy, h, neighbors, weights }) => {
    const [rows, width] = h.shape;
    const dh = backend.output([rows, width]);
    const [nodes, w] = [backend.allInts(neighbors), backend.hostFloats(weights)];
    const slots = neighbors.shape[1];
    backend.kernels.maxPoolGradient(backend.allFloats(h), width, nodes, w, slots, backend.allFloats(dy), dh.values);
    return dh.info;
  },
});

function composite(h: tf.Tensor2D, neighbors: tf.Tensor2D, weights: tf.Tensor2D): tf.Tensor2D {
  // TF.js splits the gradient of max between equal maxima, so the winners' gradient is written out here.
  const pool = tf.customGrad((...inputs: (tf.Tensor | ((tensors: tf.Tensor[]) => void))[]) => {
    const [values, save] = inputs as [tf.Tensor2D, (tensors: tf.Tensor[]) => void];
    const rows = gatherNeighbors(values, neighbors);
    const real = tf.expandDims(tf.greater(weights, 0), 2);
    const candidates = tf.where(real, rows, tf.fill(rows.shape, Number.NEGATIVE_INFINITY));
    const slots = tf.reshape(tf.range(0, weights.shape[1], 1, 'int32'), [1, -1, 1]);
    const winner = tf.logicalAnd(tf.equal(tf.expandDims(tf.argMax(candidates, 1), 1), slots), real);
    save([winner, neighbors]);
    return {
      value: tf.sum(tf.where(winner, rows, tf.zerosLike(rows)), 1),
      gradFunc: (dy: tf.Tensor, [won, ids]: tf.Tensor[]) => {
        const shares = tf.where(won, tf.expandDims(dy, 1), tf.zeros(won.shape));
        const flat = tf.reshape(shares, [-1, values.shape[1]]);
        return tf.unsortedSegmentSum(flat, tf.reshape(ids, [-1]) as tf.Tensor1D, values.shape[0]);
      },
    };
  });
  return tf.tidy(() => pool(h) as tf.Tensor2D);
}
