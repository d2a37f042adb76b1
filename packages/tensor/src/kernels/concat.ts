import * as tf from '@tensorflow/tfjs-core';
import type { Floats } from '../backend.js';
import type { KernelCall, NativeKernel } from './kernel.js';

/** Copies each part's rows, `size of its axis × what lies inside` long, to its place in the result's rows. */
export const concat: NativeKernel = {
  kernelName: tf.Concat,
  native: ({ inputs: parts, attrs, backend }: KernelCall<never, tf.ConcatAttrs>) => {
    const inputs = parts as tf.TensorInfo[];
    const arrays = inputs.map((input) => backend.floats(input));
    const axis = tf.util.parseAxisParam(attrs.axis, inputs[0].shape)[0];
    const shapes = inputs.map((input) => input.shape);
    tf.backend_util.assertParamsConsistent(shapes, axis);
    const shape = tf.backend_util.computeOutShape(shapes, axis);
    if (arrays.some((array) => array === undefined) || tf.util.sizeFromShape(shape) === 0) return undefined;
    const rows = tf.util.sizeFromShape(shape.slice(0, axis));
    const width = tf.util.sizeFromShape(shape.slice(axis));
    const output = backend.output(shape);
    let offset = 0;
    for (const part of arrays as Floats[]) {
      const partWidth = part.length / rows;
      const sizes = [rows, partWidth];
      if (part.length > 0) {
        backend.kernels.copyBox(part, 0, [partWidth, 1], output.values, offset, [width, 1], sizes);
      }
      offset += partWidth;
    }
    return output.info;
  },
};
