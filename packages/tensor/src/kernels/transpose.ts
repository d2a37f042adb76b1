import * as tf from '@tensorflow/tfjs-core';
import type { KernelCall, NativeKernel } from './kernel.js';
import { transposed } from './layout.js';

/** Any order of any axes. */
export const transpose: NativeKernel = {
  kernelName: tf.Transpose,
  native: ({ inputs, attrs, backend }: KernelCall<'x', tf.TransposeAttrs>) => {
    const x = backend.floats(inputs.x);
    return x && transposed(backend, x, inputs.x.shape, attrs.perm).info;
  },
};
