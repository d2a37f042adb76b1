import { tensorKernels } from '@pinsage/native';
import * as tf from '@tensorflow/tfjs-core';
import { blockOf } from './block.js';
import type { KernelCall, NativeKernel } from './kernel.js';

/** Always a copy: TF.js's kernel shares memory where it can, which keeps the whole source alive. */
export const slice: NativeKernel = {
  kernelName: tf.Slice,
  native: ({ inputs, attrs, backend }: KernelCall<'x', tf.SliceAttrs>) => {
    const { shape } = inputs.x;
    const x = backend.floats(inputs.x);
    if (x === undefined) return undefined;
    const [begin, size] = tf.slice_util.parseSliceParams(inputs.x as tf.Tensor, attrs.begin, attrs.size);
    tf.slice_util.assertParamsValid(inputs.x, begin, size);
    const block = blockOf(shape, begin, size);
    if (block === undefined || tf.util.sizeFromShape(size) === 0) return undefined;
    const output = backend.output(size);
    tensorKernels.copyBlock(x, block.offset, block.stride, output.values, 0, block.width, block.rows, block.width);
    return output.info;
  },
};
