import * as tf from '@tensorflow/tfjs-core';
import type { Floats } from '../backend.js';
import type { KernelCall, NativeKernel } from './kernel.js';

/** The sum of several tensors of one shape, in their order. */
export const addN: NativeKernel = {
  kernelName: tf.AddN,
  native: ({ inputs, backend }: KernelCall<never>) => {
    const infos = inputs as tf.TensorInfo[];
    const terms = infos.map((info) => backend.floats(info));
    if (terms.some((term) => term === undefined)) return undefined;
    const output = backend.output(infos[0].shape);
    backend.kernels.addAll(terms as Floats[], output.values);
    return output.info;
  },
};
