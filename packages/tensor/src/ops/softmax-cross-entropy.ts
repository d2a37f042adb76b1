import * as tf from '@tensorflow/tfjs-core';
import { checkRows, checkShape, checkTensor } from '../checks.js';
import { fusedOperation, pinSageBackend } from '../fused.js';
import { checkMasked, nothingMasked, scoreMask } from './score-mask.js';

/** Stands for minus infinity where infinity times 0 would be NaN. */
const MASKED = -1e30;

/**
 * Sampled softmax: `mean over rows i of −log( exp(s_i,label_i) / Σ_j exp(s_ij) )`, j over the entries that are not masked.
 * Gradient: `(softmax(s)_ij − [j = label_i]) / n`, 0 at masked entries. 0 without rows.
 *
 * @param logits float32 [n, m]: scores of n queries against m candidates
 * @param labels int32 [n], the right candidate of each row, from 0 to m − 1
 * @param masked int32 [k, 2], (row, column) entries that leave the denominator; a row's own label always stays. Default: none
 * @returns float32 scalar
 * @throws PinSageError INVALID_ARGUMENT on another dtype or shape, or an index out of range
 */
export function softmaxCrossEntropy(logits: tf.Tensor2D, labels: tf.Tensor1D, masked?: tf.Tensor2D): tf.Scalar {
  checkTensor('logits', logits, 2, 'float32');
  checkTensor('labels', labels, 1, 'int32');
  checkShape('labels', labels, [logits.shape[0]], '[rows of logits]');
  checkMasked(masked);
  if (pinSageBackend() === undefined) return composite(logits, labels, masked);
  return tf.tidy(() => fused({ logits, labels, masked: masked ?? nothingMasked() }) as tf.Scalar);
}

const fused = fusedOperation({
  name: 'PinSageSoftmaxCrossEntropy',
  forward: (backend, { logits, labels, masked }) => {
    const [rows, columns] = logits.shape;
    const loss = backend.output([]);
    const [right, pairs] = [backend.allInts(labels), backend.allInts(masked)];
    const scores = backend.allFloats(logits);
    backend.kernels.softmaxCrossEntropy(scores, rows, columns, right, pairs, loss.values);
    return loss.info;
  },
  gradient: {
    inputs: ['logits', 'labels', 'masked'],
    of: (dy, [logits, labels, masked]) => ({ logits: () => gradient({ dy, logits, labels, masked }) }),
  },
});

const gradient = fusedOperation({
  name: 'PinSageSoftmaxCrossEntropyGradient',
  forward: (backend, { dy, logits, labels, masked }) => {
    const [rows, columns] = logits.shape;
    const ds = backend.output(logits.shape);
    const [right, pairs] = [backend.allInts(labels), backend.allInts(masked)];
    const [scores, scale] = [backend.allFloats(logits), backend.allFloats(dy)];
    backend.kernels.softmaxCrossEntropyGradient(scores, rows, columns, right, pairs, scale, ds.values);
    return ds.info;
  },
});

function composite(logits: tf.Tensor2D, labels: tf.Tensor1D, masked: tf.Tensor2D | undefined): tf.Scalar {
  return tf.tidy(() => {
    const [rows, columns] = logits.shape;
    checkRows('labels', labels.dataSync(), columns);
    if (rows === 0) return tf.mul(0, tf.sum(logits)) as tf.Scalar;
    const label = tf.equal(tf.expandDims(labels, 1), tf.range(0, columns, 1, 'int32'));
    const out = tf.logicalAnd(scoreMask(masked, logits.shape), tf.logicalNot(label));
    const logProbabilities = tf.logSoftmax(tf.where(out, tf.fill(logits.shape, MASKED), logits));
    return tf.div(tf.sum(tf.where(label, logProbabilities, tf.zerosLike(logits))), -rows) as tf.Scalar;
  });
}
