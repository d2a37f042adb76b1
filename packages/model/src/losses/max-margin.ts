import { hingeLoss } from '@pinsage/tensor';
import * as tf from '@tensorflow/tfjs-core';
import { type Candidates, ownPositives, scoreMatrix, type Whole } from './candidates.js';
import { countNegatives, maskTensor, withoutPositives } from './mask.js';

export interface MaxMarginOptions {
  /** Default 0.1. */
  margin?: number;
  /** Also takes the other queries' positives as negatives. Default false, as in the paper. */
  inBatch?: boolean;
  /** Pairs (query, column) of the score matrix that do not count, one after the other: see `accidentalHits`. */
  masked?: Int32Array;
  /** Needs its `negatives`, and `inBatch: false`. Default: the queries are all there are. */
  of?: Whole;
}

/**
 * The paper's loss, equation 1, over all negatives n of each pair (q, i):
 *
 *     mean max(0, z_q . z_n - z_q . z_i + margin)
 */
export function maxMargin(queries: tf.Tensor2D, candidates: Candidates, options: MaxMarginOptions = {}): tf.Scalar {
  const { margin = 0.1, inBatch = false, masked = new Int32Array(0), of } = options;
  return tf.tidy(() => {
    const n = candidates.positives.shape[0];
    const positive = tf.sum(tf.mul(queries, ownPositives(candidates)), 1) as tf.Tensor1D;
    const scores = scoreMatrix(queries, candidates, inBatch);
    const loss = hingeLoss(
      scores,
      positive,
      margin,
      maskTensor(inBatch ? withDiagonal(masked, n) : withoutPositives(masked, n)),
    );
    if (of?.negatives === undefined) return loss;
    const [m, others] = scores.shape;
    return tf.mul(loss, countNegatives(m, n, others, masked) / Math.max(of.negatives, 1));
  });
}

/** A positive is no negative of its own query. */
function withDiagonal(masked: Int32Array, n: number): Int32Array {
  const all = new Int32Array(masked.length + 2 * n);
  all.set(masked);
  for (let i = 0; i < n; ++i) all.fill(i, masked.length + 2 * i, masked.length + 2 * i + 2);
  return all;
}
