import * as tf from '@tensorflow/tfjs-core';
import type { KernelCall, NativeKernel } from './kernel.js';

function like(kernelName: string, value: number): NativeKernel {
  return {
    kernelName,
    native: ({ inputs, backend }: KernelCall<'x'>) => {
      if (inputs.x.dtype !== 'float32') return undefined;
      const output = backend.output(inputs.x.shape);
      backend.kernels.fill(output.values, value);
      return output.info;
    },
  };
}

export const zerosLike = like(tf.ZerosLike, 0);

export const onesLike = like(tf.OnesLike, 1);

export const fill: NativeKernel = {
  kernelName: tf.Fill,
  native: ({ attrs, backend }: KernelCall<never, tf.FillAttrs>) => {
    const { shape, value, dtype } = attrs;
    if (typeof value !== 'number' || (dtype ?? 'float32') !== 'float32') return undefined;
    const output = backend.output(shape);
    backend.kernels.fill(output.values, value);
    return output.info;
  },
};
