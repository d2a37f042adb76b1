import * as tf from '@tensorflow/tfjs-core';
import type { KernelCall, NativeKernel } from './kernel.js';

/** The gradient of concat. */
export const split: NativeKernel = {
  kernelName: tf.SplitV,
  native: ({ inputs, attrs, backend }: KernelCall<'x', tf.SplitVAttrs>) => {
    const { shape } = inputs.x;
    const x = backend.floats(inputs.x);
    if (x === undefined || x.length === 0) return undefined;
    const axis = tf.util.parseAxisParam(attrs.axis, shape)[0];
    const sizes = tf.backend_util.prepareSplitSize(inputs.x as tf.Tensor, attrs.numOrSizeSplits, axis);
    const rows = tf.util.sizeFromShape(shape.slice(0, axis));
    const inside = tf.util.sizeFromShape(shape.slice(axis + 1));
    let begin = 0;
    return sizes.map((size) => {
      const output = backend.output([...shape.slice(0, axis), size, ...shape.slice(axis + 1)]);
      const width = size * inside;
      const sizes = [rows, width];
      if (width > 0) {
        backend.kernels.copyBox(x, begin, [shape[axis] * inside, 1], output.values, 0, [width, 1], sizes);
      }
      begin += width;
      return output.info;
    });
  },
};
