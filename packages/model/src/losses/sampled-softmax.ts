import { softmaxCrossEntropy } from '@pinsage/tensor';
import * as tf from '@tensorflow/tfjs-core';
import { type Candidates, scoreMatrix, type Whole } from './candidates.js';
import { maskTensor } from './mask.js';

export interface SampledSoftmaxOptions {
  /** Divides the scores; for embeddings of length 1, 0.05 to 0.1. Default 0.07. */
  temperature?: number;
  /**
   * For each of the n positives and the s shared negatives, the logarithm of how often it is expected among the candidates.
   * Default: no correction.
   */
  logQ?: Float32Array;
  /** Pairs (query, column) of the score matrix that do not count, one after the other: see `accidentalHits`. */
  masked?: Int32Array;
  /** Default: the queries are all there are. */
  of?: Whole;
}

/**
 * Cross-entropy of each query's positive i among all candidates c, the other queries' positives included:
 *
 *     mean -log( exp(s_qi) / sum_c exp(s_qc) ) ,  s_qc = z_q . z_c / temperature - log Q(c)
 *
 * Without log Q, what is sampled often is pushed away too often (Bengio and Senécal 2008; in-batch: Yi et al., RecSys 2019).
 * Hard negatives are chosen, not sampled: each weighs as much as an average candidate.
 */
export function sampledSoftmax(
  queries: tf.Tensor2D,
  candidates: Candidates,
  options: SampledSoftmaxOptions = {},
): tf.Scalar {
  const { temperature = 0.07, logQ, masked = new Int32Array(0), of } = options;
  return tf.tidy(() => {
    const m = queries.shape[0];
    const labels = candidates.own ? tf.tensor1d(candidates.own, 'int32') : (tf.range(0, m, 1, 'int32') as tf.Tensor1D);
    const scores = tf.div(scoreMatrix(queries, candidates, true), temperature) as tf.Tensor2D;
    const logits = logQ === undefined ? scores : tf.sub(scores, extend(logQ, scores.shape[1]));
    const loss = softmaxCrossEntropy(logits as tf.Tensor2D, labels, maskTensor(masked));
    return of === undefined ? loss : tf.mul(loss, m / of.pairs);
  });
}

/** The correction for all columns: the mean for those that have none. */
function extend(logQ: Float32Array, columns: number): tf.Tensor1D {
  const mean = logQ.reduce((sum, value) => sum + value, 0) / logQ.length;
  const all = new Float32Array(columns).fill(mean);
  all.set(logQ);
  return tf.tensor1d(all);
}
