import * as tf from '@tensorflow/tfjs-core';
import type { KernelCall, NativeKernel } from './kernel.js';

/** Lookups of whole rows: along the first axis, without batch dimensions. */
export const gather: NativeKernel = {
  kernelName: tf.GatherV2,
  native: ({ inputs, attrs, backend }: KernelCall<'x' | 'indices', tf.GatherV2Attrs>) => {
    const { x: xInfo, indices } = inputs;
    const x = backend.floats(xInfo);
    const rows = backend.ints(indices);
    const axis = tf.util.parseAxisParam(attrs.axis, xInfo.shape)[0];
    if (x === undefined || rows === undefined || axis !== 0 || (attrs.batchDims ?? 0) !== 0) return undefined;
    const inside = xInfo.shape.slice(1);
    const width = tf.util.sizeFromShape(inside);
    // TF.js's kernel names the index that is out of range.
    if (width === 0 || rows.some((row) => row < 0 || row >= xInfo.shape[0])) return undefined;
    const output = backend.output([...indices.shape, ...inside]);
    backend.kernels.gatherRows(x, width, rows, output.values);
    return output.info;
  },
};
