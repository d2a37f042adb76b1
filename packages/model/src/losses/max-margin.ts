import { hingeLoss } from '@pinsage/tensor';
import * as tf from '@tensorflow/tfjs-core';
import { type Candidates, scoreMatrix } from './candidates.js';
import { maskTensor, withoutPositives } from './mask.js';

export interface MaxMarginOptions {
  /** Default 0.1. */
  margin?: number;
  /** Also takes the other queries' positives as negatives. Default false, as in the paper. */
  inBatch?: boolean;
  /** Pairs (query, column) of the score matrix that do not count, one after the other: see `accidentalHits`. */
  masked?: Int32Array;
}

/**
 * The paper's loss, equation 1, over all negatives n of each pair (q, i):
 *
 *     mean max(0, z_q . z_n - z_q . z_i + margin)
 */
export function maxMargin(queries: tf.Tensor2D, candidates: Candidates, options: MaxMarginOptions = {}): tf.Scalar {
  const { margin = 0.1, inBatch = false, masked = new Int32Array(0) } = options;
  return tf.tidy(() => {
    const n = queries.shape[0];
    const positive = tf.sum(tf.mul(queries, candidates.positives), 1) as tf.Tensor1D;
    const scores = scoreMatrix(queries, candidates, inBatch);
    return hingeLoss(
      scores,
      positive,
      margin,
      maskTensor(inBatch ? withDiagonal(masked, n) : withoutPositives(masked, n)),
    );
  });
}

/** A positive is no negative of its own query. */
function withDiagonal(masked: Int32Array, n: number): Int32Array {
  const all = new Int32Array(masked.length + 2 * n);
  all.set(masked);
  for (let i = 0; i < n; ++i) all.fill(i, masked.length + 2 * i, masked.length + 2 * i + 2);
  return all;
}
