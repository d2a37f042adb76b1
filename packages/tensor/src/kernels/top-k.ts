import { tensorKernels } from '@pinsage/native';
import * as tf from '@tensorflow/tfjs-core';
import type { KernelCall, NativeKernel } from './kernel.js';

/** Of the last axis; always sorted, NaN last. On the host, who wants the columns. */
export const topK: NativeKernel = {
  kernelName: tf.TopK,
  native: ({ inputs, attrs, backend }: KernelCall<'x', tf.TopKAttrs>) => {
    const { shape } = inputs.x;
    if (inputs.x.dtype !== 'float32') return undefined;
    const x = backend.hostFloats(inputs.x);
    const outShape = [...shape.slice(0, -1), attrs.k];
    const values = backend.hostOutput(outShape);
    const indices = new Int32Array(values.values.length);
    tensorKernels.topK(x, shape[shape.length - 1], attrs.k, values.values, indices);
    return [values.info, backend.makeTensorInfo(outShape, 'int32', indices)];
  },
};
