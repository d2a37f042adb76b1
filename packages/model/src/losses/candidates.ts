import { invalidArgument } from '@pinsage/native';
import { gatherRows } from '@pinsage/tensor';
import * as tf from '@tensorflow/tfjs-core';

/**
 * What m queries are compared with. As columns of a score matrix, in this order: n positives (one is a query's own, and a negative of
 * every other query), the shared negatives, each query's hard negatives.
 */
export interface Candidates {
  /** [n, d] */
  positives: tf.Tensor2D;
  /** [m] The column of each query's own positive. Default: column i of query i, and as many positives as queries. */
  own?: Int32Array;
  /** [s, d], negatives of every query. */
  shared?: tf.Tensor2D;
  /** [m * h, d]: rows i * h ... i * h + h - 1 are negatives of query i alone. */
  hard?: tf.Tensor2D;
}

/** The whole of which the queries are a part: a loss of them is then their share of its loss, so that all shares add up to it. */
export interface Whole {
  /** Queries, each with its positive. */
  pairs: number;
  /** Entries of its score matrix that count as negatives: see `countNegatives`. Only losses that take their mean need it. */
  negatives?: number;
}

/** Each query's own positive [m, d]. */
export function ownPositives({ positives, own }: Candidates): tf.Tensor2D {
  return own === undefined ? positives : gatherRows(positives, tf.tensor1d(own, 'int32'));
}

/** Inner products [m, n + s + h] of the queries [m, d] and their candidates; without the columns of the positives: [m, s + h]. */
export function scoreMatrix(queries: tf.Tensor2D, candidates: Candidates, inBatch: boolean): tf.Tensor2D {
  const { positives, shared, hard } = candidates;
  const columns: tf.Tensor2D[] = [];
  if (inBatch) columns.push(tf.matMul(queries, positives, false, true));
  if (shared !== undefined) columns.push(tf.matMul(queries, shared, false, true));
  if (hard !== undefined) columns.push(hardScores(queries, hard));
  if (columns.length === 0) throw invalidArgument('candidates', candidates, 'shared or hard negatives, or inBatch');
  return columns.length === 1 ? columns[0] : tf.concat(columns, 1);
}

function hardScores(queries: tf.Tensor2D, hard: tf.Tensor2D): tf.Tensor2D {
  const n = queries.shape[0];
  const each = hard.shape[0] / n;
  // A query's row for each of its negatives: of this product there are native kernels.
  const owners = tf.tensor1d(
    Int32Array.from({ length: hard.shape[0] }, (_, i) => Math.floor(i / each)),
    'int32',
  );
  return tf.reshape(tf.sum(tf.mul(hard, gatherRows(queries, owners)), 1), [n, each]);
}
