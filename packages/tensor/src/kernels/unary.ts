import { UNARY, type UnaryOperation } from '@pinsage/native';
import * as tf from '@tensorflow/tfjs-core';
import type { KernelCall, NativeKernel } from './kernel.js';

const OPERATIONS: [string, UnaryOperation][] = [
  [tf.Abs, 'abs'],
  [tf.Exp, 'exp'],
  [tf.Neg, 'neg'],
  [tf.Reciprocal, 'reciprocal'],
  [tf.Relu, 'relu'],
  [tf.Rsqrt, 'rsqrt'],
  [tf.Sigmoid, 'sigmoid'],
  [tf.Softplus, 'softplus'],
  [tf.Sqrt, 'sqrt'],
  [tf.Square, 'square'],
  [tf.Step, 'step'],
  [tf.Tanh, 'tanh'],
];

/** Functions of one float32 tensor. */
export const unaryKernels: NativeKernel[] = OPERATIONS.map(([kernelName, name]) => {
  const operation = UNARY.indexOf(name);
  return {
    kernelName,
    native: ({ inputs, attrs, backend }: KernelCall<'x', { alpha?: number }>) => {
      const x = backend.floats(inputs.x);
      // Step's value below 0.
      if (x === undefined || (attrs?.alpha ?? 0) !== 0) return undefined;
      const output = backend.output(inputs.x.shape);
      backend.kernels.unary(operation, x, output.values);
      return output.info;
    },
  };
});
