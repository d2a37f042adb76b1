import * as tf from '@tensorflow/tfjs-core';
import type { KernelCall, NativeKernel } from './kernel.js';

/** Sums or means of looked-up rows by segment: bags of an embedding table, whose segments come in order. */
function sparseSegment(kernelName: string, mean: boolean): NativeKernel {
  return {
    kernelName,
    native: ({ inputs, backend }: KernelCall<'data' | 'indices' | 'segmentIds'>) => {
      const data = backend.floats(inputs.data);
      const rows = backend.ints(inputs.indices);
      const segments = backend.ints(inputs.segmentIds);
      const [length, ...inside] = inputs.data.shape;
      const width = tf.util.sizeFromShape(inside);
      // TF.js's kernel says what is wrong.
      if (data === undefined || rows === undefined || segments?.length !== rows.length || rows.length === 0) {
        return undefined;
      }
      const falls = segments.some((segment, i) => segment < (i === 0 ? 0 : segments[i - 1]));
      if (width === 0 || falls || rows.some((row) => row < 0 || row >= length)) return undefined;
      const offsets = new Int32Array(segments[segments.length - 1] + 2);
      for (const segment of segments) offsets[segment + 1] += 1;
      const weights = Float32Array.from(segments, (segment) => (mean ? 1 / offsets[segment + 1] : 1));
      for (let i = 1; i < offsets.length; ++i) offsets[i] += offsets[i - 1];
      const output = backend.output([offsets.length - 1, ...inside]);
      backend.kernels.embeddingBag(data, width, offsets, rows, weights, output.values);
      return output.info;
    },
  };
}

export const sparseSegmentSum = sparseSegment(tf.SparseSegmentSum, false);

export const sparseSegmentMean = sparseSegment(tf.SparseSegmentMean, true);
