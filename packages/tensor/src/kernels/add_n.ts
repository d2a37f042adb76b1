import { BINARY, BROADCAST, tensorKernels } from '@pinsage/native';
import * as tf from '@tensorflow/tfjs-core';
import type { KernelCall, NativeKernel } from './kernel.js';

const ADD = BINARY.indexOf('add');
const NONE = BROADCAST.indexOf('none');

/** The sum of several tensors of one shape, in their order. */
export const addN: NativeKernel = {
  kernelName: tf.AddN,
  native: ({ inputs, backend }: KernelCall<never>) => {
    const terms = (inputs as tf.TensorInfo[]).map((input) => backend.floats(input));
    if (terms.length < 2 || terms.some((term) => term === undefined)) return undefined;
    const [first, ...others] = terms as Float32Array[];
    const output = backend.output((inputs as tf.TensorInfo[])[0].shape);
    let sum = first;
    for (const term of others) {
      tensorKernels.binary(ADD, sum, term, NONE, sum.length, false, output.values);
      sum = output.values;
    }
    return output.info;
  },
};
