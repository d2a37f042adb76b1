import * as tf from '@tensorflow/tfjs-core';
import type { KernelCall, NativeKernel } from './kernel.js';
import { offsetOf, stridesOf } from './layout.js';

/** The gradient of slice. */
export const pad: NativeKernel = {
  kernelName: tf.PadV2,
  native: ({ inputs, attrs, backend }: KernelCall<'x', tf.PadV2Attrs>) => {
    const { shape } = inputs.x;
    const x = backend.floats(inputs.x);
    if (x === undefined) return undefined;
    const output = backend.output(shape.map((size, axis) => attrs.paddings[axis][0] + size + attrs.paddings[axis][1]));
    backend.kernels.fill(output.values, attrs.constantValue);
    const strides = stridesOf(output.info.shape);
    const begin = attrs.paddings.map(([before]) => before);
    if (x.length > 0) {
      backend.kernels.copyBox(x, 0, stridesOf(shape), output.values, offsetOf(begin, strides), strides, shape);
    }
    return output.info;
  },
};
