import { tensorKernels } from '@pinsage/native';
import * as tf from '@tensorflow/tfjs-core';
import type { KernelCall, NativeKernel } from './kernel.js';

/** Of the last axis; always sorted, NaN last. */
export const topK: NativeKernel = {
  kernelName: tf.TopK,
  native: ({ inputs, attrs, backend }: KernelCall<'x', tf.TopKAttrs>) => {
    const { shape } = inputs.x;
    const x = backend.floats(inputs.x);
    if (x === undefined) return undefined;
    const outShape = [...shape.slice(0, -1), attrs.k];
    const values = backend.output(outShape);
    const indices = new Int32Array(values.values.length);
    tensorKernels.topK(x, shape[shape.length - 1], attrs.k, values.values, indices);
    return [values.info, backend.makeTensorInfo(outShape, 'int32', indices)];
  },
};
