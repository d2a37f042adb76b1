import * as tf from '@tensorflow/tfjs-core';
import type { KernelCall, NativeKernel } from './kernel.js';
import { offsetOf, stridesOf } from './layout.js';

/** Always a copy: TF.js's kernel shares memory where it can, which keeps the whole source alive. */
export const slice: NativeKernel = {
  kernelName: tf.Slice,
  native: ({ inputs, attrs, backend }: KernelCall<'x', tf.SliceAttrs>) => {
    const x = backend.floats(inputs.x);
    if (x === undefined) return undefined;
    const [begin, size] = tf.slice_util.parseSliceParams(inputs.x as tf.Tensor, attrs.begin, attrs.size);
    tf.slice_util.assertParamsValid(inputs.x, begin, size);
    const output = backend.output(size);
    const strides = stridesOf(inputs.x.shape);
    if (output.values.length > 0) {
      backend.kernels.copyBox(x, offsetOf(begin, strides), strides, output.values, 0, stridesOf(size), size);
    }
    return output.info;
  },
};
