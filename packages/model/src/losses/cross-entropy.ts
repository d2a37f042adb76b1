import * as tf from '@tensorflow/tfjs-core';
import { type Candidates, ownPositives, scoreMatrix, type Whole } from './candidates.js';
import { withoutPositives } from './mask.js';

export interface CrossEntropyOptions {
  /** Divides the scores. Default 1. */
  temperature?: number;
  /** Pairs (query, column) of the score matrix that do not count, one after the other: see `accidentalHits`. */
  masked?: Int32Array;
  /** Needs its `negatives`. Default: the queries are all there are. */
  of?: Whole;
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
  const { temperature = 1, masked = new Int32Array(0), of } = options;
  return tf.tidy(() => {
    const n = candidates.positives.shape[0];
    const positive = tf.div(tf.sum(tf.mul(queries, ownPositives(candidates)), 1), temperature);
    const negative = tf.div(scoreMatrix(queries, candidates, false), temperature) as tf.Tensor2D;
    const counts = counted(negative.shape, withoutPositives(masked, n));
    const ofNegatives = tf.div(tf.sum(tf.mul(tf.softplus(negative), counts)), of?.negatives ?? tf.sum(counts));
    const ofPairs = tf.div(tf.sum(tf.softplus(tf.neg(positive))), of?.pairs ?? queries.shape[0]);
    return tf.add(ofPairs, ofNegatives) as tf.Scalar;
  });
}

/** 1 where a score counts, 0 where it is masked. */
function counted(shape: [number, number], masked: Int32Array): tf.Tensor2D {
  const counts = new Float32Array(shape[0] * shape[1]).fill(1);
  for (let i = 0; i < masked.length; i += 2) counts[masked[i] * shape[1] + masked[i + 1]] = 0;
  return tf.tensor2d(counts, shape);
}
