import { importancePool, l2Normalize, linear, maxPool, transformedPool } from '@pinsage/tensor';
import * as tf from '@tensorflow/tfjs-core';
import type { ModelConfig } from './config.js';

/** The weights of one layer. */
export interface ConvolveWeights {
  /** [width, hidden] and [hidden]: applied to every neighbour. */
  Q: tf.Tensor2D;
  q: tf.Tensor1D;
  /** [width + hidden, width] and [width]: applied to a pin beside its pooled neighbours. */
  W: tf.Tensor2D;
  w: tf.Tensor1D;
}

/** N(u) of n pins: rows of the neighbours' matrix [n, T], int32, and their weights alpha [n, T], 0 for padding. */
export interface Pooling {
  neighbors: tf.Tensor2D;
  weights: tf.Tensor2D;
}

/**
 * One convolution, the paper's Algorithm 1: pins [n, width] and the rows [m, width] that their neighbours are among, to [n, width].
 *
 *     n_u  = sum_v alpha_v relu(Q h_v + q) / sum_v alpha_v ,  v in N(u)
 *     h_u' = normalise(relu(W [h_u ; n_u] + w))
 */
export function convolve(
  self: tf.Tensor2D,
  neighbors: tf.Tensor2D,
  pooling: Pooling,
  layer: ConvolveWeights,
  aggregator: ModelConfig['aggregator'],
): tf.Tensor2D {
  return combine(self, transformAndPool(neighbors, pooling, layer, aggregator), layer);
}

/** n_u of every pin. */
function transformAndPool(
  neighbors: tf.Tensor2D,
  pooling: Pooling,
  layer: ConvolveWeights,
  aggregator: ModelConfig['aggregator'],
): tf.Tensor2D {
  if (aggregator === 'max') return pool(transform(neighbors, layer), pooling, aggregator);
  return transformedPool(neighbors, layer.Q, layer.q, pooling.neighbors, weightsFor(pooling, aggregator));
}

/** relu(Q h + q) of every row. Done once for each pin, before pooling, however often the pin is a neighbour. */
export function transform(h: tf.Tensor2D, { Q, q }: ConvolveWeights): tf.Tensor2D {
  return linear(h, Q, q, 'relu');
}

/** Transformed neighbours to one vector a pin; zeros for a pin without neighbours. */
function pool(transformed: tf.Tensor2D, pooling: Pooling, aggregator: ModelConfig['aggregator']): tf.Tensor2D {
  const { neighbors, weights } = pooling;
  if (aggregator === 'max') return maxPool(transformed, neighbors, weights);
  return importancePool(transformed, neighbors, weightsFor(pooling, aggregator));
}

/** A plain mean is one in which all neighbours weigh the same. */
function weightsFor({ weights }: Pooling, aggregator: 'importance' | 'mean'): tf.Tensor2D {
  return aggregator === 'importance' ? weights : tf.cast(tf.greater(weights, 0), 'float32');
}

/** normalise(relu(W [h_u ; n_u] + w)). */
export function combine(self: tf.Tensor2D, pooled: tf.Tensor2D, { W, w }: ConvolveWeights): tf.Tensor2D {
  return l2Normalize(linear([self, pooled], W, w, 'relu'));
}
