import * as tf from '@tensorflow/tfjs-core';
import { type Candidates, scoreMatrix } from './candidates.js';
import { withoutPositives } from './mask.js';

export interface CrossEntropyOptions {
  /** Divides the scores. Default 1. */
  temperature?: number;
  /** Pairs (query, column) of the score matrix that do not count, one after the other: see `accidentalHits`. */
  masked?: Int32Array;
}

/**
 * Binary cross-entropy, the unsupervised loss of GraphSAGE (Hamilton et al., NeurIPS 2017, equation 1) that the paper compares with:
 *
 *     mean over pairs of -log sigma(s_qi)  +  mean over negatives of -log sigma(-s_qn) ,  s = z . z / temperature
 */
export function crossEntropy(
  queries: tf.Tensor2D,
  candidates: Candidates,
  options: CrossEntropyOptions = {},
): tf.Scalar {
  const { temperature = 1, masked = new Int32Array(0) } = options;
  return tf.tidy(() => {
    const n = queries.shape[0];
    const positive = tf.div(tf.sum(tf.mul(queries, candidates.positives), 1), temperature);
    const negative = tf.div(scoreMatrix(queries, candidates, false), temperature) as tf.Tensor2D;
    const counts = counted(negative.shape, withoutPositives(masked, n));
    const ofNegatives = tf.div(tf.sum(tf.mul(tf.softplus(negative), counts)), tf.sum(counts));
    return tf.add(tf.mean(tf.softplus(tf.neg(positive))), ofNegatives) as tf.Scalar;
  });
}

/** 1 where a score counts, 0 where it is masked. */
function counted(shape: [number, number], masked: Int32Array): tf.Tensor2D {
  const counts = new Float32Array(shape[0] * shape[1]).fill(1);
  for (let i = 0; i < masked.length; i += 2) counts[masked[i] * shape[1] + masked[i + 1]] = 0;
  return tf.tensor2d(counts, shape);
}
