import * as tf from '@tensorflow/tfjs-core';
import { checkRows, checkTensor } from '../checks.js';
import { fusedOperation, pinSageBackend } from '../fused.js';

/**
 * Row lookup: `y_i = x[rows_i]`; the gradient is a scatter-add in the order of `rows`, the same at any number of threads.
 *
 * @param x float32 [m, d]
 * @param rows int32 [n], from 0 to m − 1, repetitions allowed
 * @returns float32 [n, d]
 * @throws PinSageError INVALID_ARGUMENT on another dtype or shape, or a row out of range
 */
export function gatherRows(x: tf.Tensor2D, rows: tf.Tensor1D): tf.Tensor2D {
  checkTensor('x', x, 2, 'float32');
  checkTensor('rows', rows, 1, 'int32');
  if (pinSageBackend() === undefined) return composite(x, rows);
  return fused({ x, rows }, { rows: x.shape[0] }) as tf.Tensor2D;
}

const fused = fusedOperation({
  name: 'PinSageGatherRows',
  forward: (backend, { x, rows }) => {
    const y = backend.output([rows.shape[0], x.shape[1]]);
    backend.kernels.gatherRows(backend.allFloats(x), x.shape[1], backend.allInts(rows), y.values);
    return y.info;
  },
  gradient: {
    inputs: ['rows'],
    of: (dy, [rows], attributes) => ({
      x: () => tf.unsortedSegmentSum(dy, rows as tf.Tensor1D, attributes.rows as number),
    }),
  },
});

function composite(x: tf.Tensor2D, rows: tf.Tensor1D): tf.Tensor2D {
  checkRows('rows', rows.dataSync(), x.shape[0]);
  return tf.gather(x, rows);
}
