import * as tf from '@tensorflow/tfjs-core';
import type { KernelCall, NativeKernel } from './kernel.js';

/** Over the last axis. */
export const softmax: NativeKernel = {
  kernelName: tf.Softmax,
  native: ({ inputs, attrs, backend }: KernelCall<'logits', tf.SoftmaxAttrs>) => {
    const { shape } = inputs.logits;
    const x = backend.floats(inputs.logits);
    if (x === undefined || (attrs.dim !== -1 && attrs.dim !== shape.length - 1)) return undefined;
    const output = backend.output(shape);
    backend.kernels.softmax(x, shape[shape.length - 1], output.values);
    return output.info;
  },
};
