import { checkChoice } from '@pinsage/native';
import * as tf from '@tensorflow/tfjs-core';
import { checkShape, checkTensor } from '../checks.js';
import { fusedOperation, pinSageBackend } from '../fused.js';

export type Activation = 'linear' | 'relu';

/**
 * A dense layer: `activation(x w + b)`.
 *
 * @param x float32 [n, a], or two such matrices that stand for [x₁ ; x₂], side by side, without that copy being made
 * @param w float32 [a, b]; a is the sum of the widths of two matrices
 * @param bias float32 [b]; default: none
 * @param activation default: 'linear', which is none
 * @returns float32 [n, b]
 * @throws PinSageError INVALID_ARGUMENT on another dtype or shape
 */
export function linear(
  x: tf.Tensor2D | [tf.Tensor2D, tf.Tensor2D],
  w: tf.Tensor2D,
  bias?: tf.Tensor1D,
  activation: Activation = 'linear',
): tf.Tensor2D {
  const parts = Array.isArray(x) ? x : [x];
  for (const part of parts) {
    checkTensor('x', part, 2, 'float32');
    checkShape('x', part, [parts[0].shape[0], part.shape[1]], '[rows of the matrix beside it, width]');
  }
  const width = parts.reduce((sum, part) => sum + part.shape[1], 0);
  checkTensor('w', w, 2, 'float32');
  checkShape('w', w, [width, w.shape[1]], '[width of x, outputs]');
  if (bias !== undefined) {
    checkTensor('bias', bias, 1, 'float32');
    checkShape('bias', bias, [w.shape[1]], '[outputs]');
  }
  checkChoice('activation', activation, ['linear', 'relu']);
  if (pinSageBackend() === undefined) return composite(parts, w, bias, activation);
  const [first, second] = parts;
  const weights: Record<string, tf.Tensor> = bias === undefined ? { w } : { w, bias };
  if (second === undefined) return single({ x: first, ...weights }, { activation }) as tf.Tensor2D;
  return pair({ x: first, beside: second, ...weights }, { activation }) as tf.Tensor2D;
}

const single = linearOperation('PinSageLinear', ['x']);
const pair = linearOperation('PinSageLinearPair', ['x', 'beside']);

/** z = Σ xᵢ wᵢ + b, where wᵢ are the rows of w that belong to xᵢ; dz = dy where y > 0; dxᵢ = dz wᵢᵀ, dwᵢ = xᵢᵀ dz, db = Σ_rows dz. */
function linearOperation(name: string, parts: string[]): ReturnType<typeof fusedOperation> {
  return fusedOperation({
    name,
    forward: (backend, { w, bias, ...inputs }, { activation }) => {
      const outputs = w.shape[1];
      const y = backend.output([inputs.x.shape[0], outputs]);
      const weights = backend.allFloats(w);
      const precision = backend.precisionIndex;
      let begin = 0;
      for (const part of parts) {
        const [n, width] = inputs[part].shape;
        const rows = backend.kernels.subarray(weights, begin * outputs, (begin + width) * outputs);
        const x = backend.allFloats(inputs[part]);
        backend.kernels.matMul(x, rows, y.values, n, outputs, width, false, false, 1, 1, precision, part !== parts[0]);
        begin += width;
      }
      backend.kernels.addBias(y.values, outputs, bias && backend.allFloats(bias), activation === 'relu');
      return y.info;
    },
    gradient: {
      inputs: [...parts, 'w'],
      output: true,
      of: (dy, saved, { activation }, spent) => {
        const xs = saved.slice(0, parts.length) as tf.Tensor2D[];
        const [w, y] = saved.slice(parts.length) as tf.Tensor2D[];
        const { dz, db } = beforeActivation(dy, y, activation === 'relu', spent);
        const rowsOf = (i: number) =>
          xs.length === 1 ? w : tf.slice(w, [i === 0 ? 0 : xs[0].shape[1], 0], [xs[i].shape[1], -1]);
        const weightGradients = () => xs.map((x) => tf.matMul(x, dz, true, false));
        return {
          ...Object.fromEntries(parts.map((part, i) => [part, () => tf.matMul(dz, rowsOf(i), false, true)])),
          w: () => (xs.length === 1 ? weightGradients()[0] : tf.concat(weightGradients(), 0)),
          bias: () => db ?? tf.sum(dz, 0),
        };
      },
    },
  });
}

/** The gradient before an activation; the bias's too where it comes with it. */
interface BeforeActivation {
  dz: tf.Tensor2D;
  db?: tf.Tensor;
}

/** Gradients that were made for the output of a relu and are those before it already, with their bias's gradients. */
const beforeRelu = new WeakMap<tf.Tensor, tf.TensorInfo>();

/** Says that a gradient made for the output of a linear layer with relu is the one before the relu, and that its sum is `db`. */
export function isBeforeRelu(dz: tf.Tensor, db: tf.TensorInfo): tf.Tensor {
  beforeRelu.set(dz, db);
  return dz;
}

function beforeActivation(dy: tf.Tensor, y: tf.Tensor, relu: boolean, spent: boolean): BeforeActivation {
  if (!relu) return { dz: dy as tf.Tensor2D };
  if (!spent) return { dz: maskedGradient({ dy, y }) as tf.Tensor2D };
  const db = beforeRelu.get(dy) ?? reluGradientInPlace(dy, y);
  return { dz: dy as tf.Tensor2D, db: tf.engine().makeTensorFromTensorInfo(db) };
}

/** dy where y > 0, else 0, in dy's own memory; gives back its sum over rows. */
function reluGradientInPlace(dy: tf.Tensor, y: tf.Tensor): tf.TensorInfo {
  const backend = pinSageBackend()!;
  const values = backend.allFloats(dy);
  const width = dy.shape[1]!;
  const db = backend.output([width]);
  backend.kernels.reluGradient(values, backend.allFloats(y), width, values, db.values);
  return db.info;
}

const maskedGradient = fusedOperation({
  name: 'PinSageReluGradient',
  forward: (backend, { dy, y }) => {
    const dz = backend.output(dy.shape);
    backend.kernels.reluGradient(backend.allFloats(dy), backend.allFloats(y), dy.shape[1], dz.values, undefined);
    return dz.info;
  },
});

function composite(
  parts: tf.Tensor2D[],
  w: tf.Tensor2D,
  bias: tf.Tensor1D | undefined,
  activation: Activation,
): tf.Tensor2D {
  return tf.tidy(() => {
    let y: tf.Tensor2D = tf.matMul(parts.length === 1 ? parts[0] : tf.concat(parts, 1), w);
    if (bias !== undefined) y = tf.add(y, bias);
    return activation === 'relu' ? tf.relu(y) : y;
  });
}
