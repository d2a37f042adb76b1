import { tensorKernels } from '@pinsage/native';
import * as tf from '@tensorflow/tfjs-core';
import { blockOf } from './block.js';
import type { KernelCall, NativeKernel } from './kernel.js';

/** The gradient of slice. */
export const pad: NativeKernel = {
  kernelName: tf.PadV2,
  native: ({ inputs, attrs, backend }: KernelCall<'x', tf.PadV2Attrs>) => {
    const { shape } = inputs.x;
    const x = backend.floats(inputs.x);
    const padded = shape.map((length, axis) => attrs.paddings[axis][0] + length + attrs.paddings[axis][1]);
    const begin = attrs.paddings.map(([before]) => before);
    const block = blockOf(padded, begin, shape);
    if (x === undefined || x.length === 0 || block === undefined) return undefined;
    const output = backend.output(padded);
    output.values.fill(attrs.constantValue);
    tensorKernels.copyBlock(x, 0, block.width, output.values, block.offset, block.stride, block.rows, block.width);
    return output.info;
  },
};
