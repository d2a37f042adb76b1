import * as tf from '@tensorflow/tfjs-core';
import type { KernelCall, NativeKernel } from './kernel.js';

/** Sums of rows by segment, in the order of rows; ids out of range are left out, as in TF.js. */
export const unsortedSegmentSum: NativeKernel = {
  kernelName: tf.UnsortedSegmentSum,
  native: ({ inputs, attrs, backend }: KernelCall<'x' | 'segmentIds', tf.UnsortedSegmentSumAttrs>) => {
    const { x: xInfo, segmentIds } = inputs;
    const x = backend.floats(xInfo);
    const ids = backend.ints(segmentIds);
    const inside = xInfo.shape.slice(1);
    const width = tf.util.sizeFromShape(inside);
    if (x === undefined || ids === undefined || segmentIds.shape.length !== 1 || width === 0) return undefined;
    const output = backend.output([attrs.numSegments, ...inside]);
    backend.kernels.scatterRows(x, width, ids, output.values);
    return output.info;
  },
};
