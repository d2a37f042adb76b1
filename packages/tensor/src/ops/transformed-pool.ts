import * as tf from '@tensorflow/tfjs-core';
import { fusedOperation, pinSageBackend } from '../fused.js';
import { importancePool } from './importance-pool.js';
import { isBeforeRelu, linear } from './linear.js';
import { checkPool } from './pooling.js';

/**
 * The neighbourhood vectors of PinSage's Algorithm 1: `n_u = Σ_t w_ut relu(h[neighbors_ut] Q + q) / Σ_t w_ut`, and 0 where the weights
 * sum to 0. Each row of h is transformed once, however often it is a neighbour; the same as linear() and importancePool(), in fewer
 * passes over memory on the way back. Weights are constants.
 *
 * @param h float32 [m, a]
 * @param Q float32 [a, b]
 * @param q float32 [b]
 * @param neighbors int32 [n, T], rows of h; a padding entry is any valid row with weight 0
 * @param weights float32 [n, T], ≥ 0
 * @returns float32 [n, b]
 * @throws PinSageError INVALID_ARGUMENT on another dtype or shape, or a row out of range
 */
export function transformedPool(
  h: tf.Tensor2D,
  Q: tf.Tensor2D,
  q: tf.Tensor1D,
  neighbors: tf.Tensor2D,
  weights: tf.Tensor2D,
): tf.Tensor2D {
  const t = linear(h, Q, q, 'relu');
  if (pinSageBackend() === undefined) return importancePool(t, neighbors, weights);
  checkPool(t, neighbors, weights);
  return fused({ t, neighbors, weights }) as tf.Tensor2D;
}

// Nobody else sees t, so its gradient may be the one before the relu, which linear() is told.
const fused = fusedOperation({
  name: 'PinSageTransformedPool',
  forward: (backend, { t, neighbors, weights }) => {
    const width = t.shape[1];
    const y = backend.output([neighbors.shape[0], width]);
    const w = backend.hostFloats(weights);
    backend.kernels.importancePool(
      backend.allFloats(t),
      width,
      backend.allInts(neighbors),
      w,
      neighbors.shape[1],
      y.values,
    );
    return y.info;
  },
  gradient: {
    inputs: ['t', 'neighbors', 'weights'],
    of: (dy, [t, neighbors, weights]) => ({ t: () => beforeRelu(dy, t, neighbors, weights) }),
  },
});

function beforeRelu(dy: tf.Tensor, t: tf.Tensor, neighbors: tf.Tensor, weights: tf.Tensor): tf.Tensor {
  const backend = pinSageBackend()!;
  const [rows, width] = t.shape as [number, number];
  const [dz, db] = [backend.output([rows, width]), backend.output([width])];
  backend.kernels.importancePoolBeforeRelu(
    backend.allFloats(dy),
    width,
    backend.allInts(neighbors),
    backend.hostFloats(weights),
    neighbors.shape[1]!,
    backend.allFloats(t),
    dz.values,
    db.values,
  );
  return isBeforeRelu(tf.engine().makeTensorFromTensorInfo(dz.info), db.info);
}
