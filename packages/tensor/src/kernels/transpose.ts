import { tensorKernels } from '@pinsage/native';
import * as tf from '@tensorflow/tfjs-core';
import type { KernelCall, NativeKernel } from './kernel.js';

/** Of matrices. */
export const transpose: NativeKernel = {
  kernelName: tf.Transpose,
  native: ({ inputs, attrs, backend }: KernelCall<'x', tf.TransposeAttrs>) => {
    const { shape } = inputs.x;
    const x = backend.floats(inputs.x);
    if (x === undefined || shape.length !== 2 || attrs.perm[0] !== 1) return undefined;
    const output = backend.output([shape[1], shape[0]]);
    tensorKernels.transpose(x, shape[0], shape[1], output.values);
    return output.info;
  },
};
