import { checkChoice, tensorKernels } from '@pinsage/native';
import * as tf from '@tensorflow/tfjs-core';
import { checkShape, checkTensor } from '../checks.js';
import { fusedOperation, pinSageBackend } from '../fused.js';
import { matMul } from '../kernels/batch_mat_mul.js';

export type Activation = 'linear' | 'relu';

/**
 * A dense layer: `activation(x w + b)`.
 *
 * @param x float32 [n, a]
 * @param w float32 [a, b]
 * @param bias float32 [b]; default: none
 * @param activation default: 'linear', which is none
 * @returns float32 [n, b]
 * @throws PinSageError INVALID_ARGUMENT on another dtype or shape
 */
export function linear(
  x: tf.Tensor2D,
  w: tf.Tensor2D,
  bias?: tf.Tensor1D,
  activation: Activation = 'linear',
): tf.Tensor2D {
  checkTensor('x', x, 2, 'float32');
  checkTensor('w', w, 2, 'float32');
  checkShape('w', w, [x.shape[1], w.shape[1]], '[width of x, outputs]');
  if (bias !== undefined) {
    checkTensor('bias', bias, 1, 'float32');
    checkShape('bias', bias, [w.shape[1]], '[outputs]');
  }
  checkChoice('activation', activation, ['linear', 'relu']);
  if (pinSageBackend() === undefined) return composite(x, w, bias, activation);
  return fused(bias === undefined ? { x, w } : { x, w, bias }, { activation }) as tf.Tensor2D;
}

const fused = fusedOperation({
  name: 'PinSageLinear',
  forward: (backend, { x, w, bias }, { activation }) => {
    const y = matMul(backend, x, w, false, false)!;
    tensorKernels.addBias(y.values, w.shape[1], bias && backend.allFloats(bias), activation === 'relu');
    return y.info;
  },
  gradient: {
    inputs: ['x', 'w'],
    output: true,
    // z = x w + b; dz = dy where y > 0; dx = dz wᵀ, dw = xᵀ dz, db = Σ_rows dz.
    of: (dy, [x, w, y], { activation }, spent) => {
      const dz = (activation === 'relu' ? reluGradient(dy, y, spent) : dy) as tf.Tensor2D;
      return {
        x: () => tf.matMul(dz, w as tf.Tensor2D, false, true),
        w: () => tf.matMul(x as tf.Tensor2D, dz, true, false),
        bias: () => tf.sum(dz, 0),
      };
    },
  },
});

/** dy where y > 0, else 0; in place when dy is spent. */
function reluGradient(dy: tf.Tensor, y: tf.Tensor, spent: boolean): tf.Tensor {
  const backend = pinSageBackend()!;
  if (!spent) return maskedGradient({ dy, y });
  const values = backend.allFloats(dy);
  tensorKernels.reluGradient(values, backend.allFloats(y), values);
  return dy;
}

const maskedGradient = fusedOperation({
  name: 'PinSageReluGradient',
  forward: (backend, { dy, y }) => {
    const dz = backend.output(dy.shape);
    tensorKernels.reluGradient(backend.allFloats(dy), backend.allFloats(y), dz.values);
    return dz.info;
  },
});

function composite(x: tf.Tensor2D, w: tf.Tensor2D, bias: tf.Tensor1D | undefined, activation: Activation): tf.Tensor2D {
  return tf.tidy(() => {
    let y: tf.Tensor2D = tf.matMul(x, w);
    if (bias !== undefined) y = tf.add(y, bias);
    return activation === 'relu' ? tf.relu(y) : y;
  });
}
