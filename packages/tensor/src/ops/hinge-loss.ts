import { checkNumber } from '@pinsage/native';
import * as tf from '@tensorflow/tfjs-core';
import { checkShape, checkTensor } from '../checks.js';
import { fusedOperation, pinSageBackend } from '../fused.js';
import { checkMasked, nothingMasked, scoreMask } from './score-mask.js';

/**
 * The paper's max-margin loss over all pairs and negatives: `mean over unmasked (i, j) of max(0, s_ij − p_i + margin)`, 0 when
 * every entry is masked. Gradient: 1/count to s_ij and −1/count to p_i wherever the margin is violated.
 *
 * @param scores float32 [n, m]: n queries against m negatives
 * @param positive float32 [n]: each query against its positive
 * @param margin finite number
 * @param masked int32 [k, 2], (row, column) entries left out. Default: none
 * @returns float32 scalar
 * @throws PinSageError INVALID_ARGUMENT on another dtype or shape, or an index out of range
 */
export function hingeLoss(scores: tf.Tensor2D, positive: tf.Tensor1D, margin: number, masked?: tf.Tensor2D): tf.Scalar {
  checkTensor('scores', scores, 2, 'float32');
  checkTensor('positive', positive, 1, 'float32');
  checkShape('positive', positive, [scores.shape[0]], '[rows of scores]');
  checkNumber('margin', margin, -Number.MAX_VALUE, Number.MAX_VALUE);
  checkMasked(masked);
  if (pinSageBackend() === undefined) return composite(scores, positive, margin, masked);
  return tf.tidy(() => fused({ scores, positive, masked: masked ?? nothingMasked() }, { margin }) as tf.Scalar);
}

const fused = fusedOperation({
  name: 'PinSageHingeLoss',
  forward: (backend, { scores, positive, masked }, { margin }) => {
    const [rows, columns] = scores.shape;
    const loss = backend.output([]);
    const [right, pairs] = [backend.allFloats(positive), backend.allInts(masked)];
    const values = backend.allFloats(scores);
    backend.kernels.hingeLoss(values, rows, columns, right, margin as number, pairs, loss.values);
    return loss.info;
  },
  gradient: {
    inputs: ['scores', 'positive', 'masked'],
    of: (dy, [scores, positive, masked], { margin }) => {
      const dscores = gradient({ dy, scores, positive, masked }, { margin }) as tf.Tensor2D;
      return { scores: () => dscores, positive: () => tf.neg(tf.sum(dscores, 1)) };
    },
  },
});

const gradient = fusedOperation({
  name: 'PinSageHingeLossGradient',
  forward: (backend, { dy, scores, positive, masked }, { margin }) => {
    const [rows, columns] = scores.shape;
    const ds = backend.output(scores.shape);
    const [right, pairs] = [backend.allFloats(positive), backend.allInts(masked)];
    const scale = backend.allFloats(dy);
    const values = backend.allFloats(scores);
    backend.kernels.hingeLossGradient(values, rows, columns, right, margin as number, pairs, scale, ds.values);
    return ds.info;
  },
});

function composite(
  scores: tf.Tensor2D,
  positive: tf.Tensor1D,
  margin: number,
  masked: tf.Tensor2D | undefined,
): tf.Scalar {
  return tf.tidy(() => {
    const kept = tf.cast(tf.logicalNot(scoreMask(masked, scores.shape)), 'float32');
    const losses = tf.relu(tf.add(tf.sub(scores, tf.expandDims(positive, 1)), margin));
    return tf.div(tf.sum(tf.mul(losses, kept)), tf.maximum(tf.sum(kept), 1)) as tf.Scalar;
  });
}
