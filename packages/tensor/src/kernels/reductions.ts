import { tensorKernels } from '@pinsage/native';
import * as tf from '@tensorflow/tfjs-core';
import type { Output } from '../backend.js';
import type { KernelCall, NativeKernel } from './kernel.js';

interface Reduction {
  x: Float32Array;
  /** Whether the reduced axes are the last ones; else they are the first. */
  rows: boolean;
  /** Elements of x that lie side by side: those that are summed, or those that remain. */
  columns: number;
  /** Elements for each element of the result. */
  count: number;
  output: Output;
}

type Call = KernelCall<'x', { axis?: number | number[]; reductionIndices?: number | number[]; keepDims: boolean }>;

/** A reduction over the first or the last axes as one over the columns or the rows of a matrix; undefined for others. */
function asMatrix({ inputs, attrs, backend }: Call): Reduction | undefined {
  const { shape } = inputs.x;
  const x = backend.floats(inputs.x);
  if (x === undefined || x.length === 0) return undefined;
  const axes = tf.util.parseAxisParam(attrs.axis ?? attrs.reductionIndices!, shape).sort((a, b) => a - b);
  const last = axes.every((axis, i) => axis === shape.length - axes.length + i);
  const first = axes.every((axis, i) => axis === i);
  if (!last && !first) return undefined;
  const count = axes.reduce((size, axis) => size * shape[axis], 1);
  const kept = shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  const outShape = attrs.keepDims ? kept : kept.filter((_, axis) => !axes.includes(axis));
  return { x, rows: last, columns: last ? count : x.length / count, count, output: backend.output(outShape) };
}

function sum(call: Call, scale: (count: number) => number): tf.TensorInfo | undefined {
  const reduction = asMatrix(call);
  if (reduction === undefined) return undefined;
  const { x, rows, columns, count, output } = reduction;
  const kernel = rows ? tensorKernels.sumRows : tensorKernels.sumColumns;
  kernel(x, columns, scale(count), output.values);
  return output.info;
}

export const sumKernel: NativeKernel = { kernelName: tf.Sum, native: (call: Call) => sum(call, () => 1) };

export const meanKernel: NativeKernel = {
  kernelName: tf.Mean,
  native: (call: Call) => sum(call, (count) => 1 / count),
};

/** Over the last axes only. */
export const maxKernel: NativeKernel = {
  kernelName: tf.Max,
  native: (call: Call) => {
    const { shape } = call.inputs.x;
    const axes = tf.util.parseAxisParam(call.attrs.reductionIndices!, shape);
    if (!axes.every((axis) => axis >= shape.length - axes.length)) return undefined;
    const reduction = asMatrix(call);
    if (reduction === undefined) return undefined;
    tensorKernels.maxRows(reduction.x, reduction.count, reduction.output.values);
    return reduction.output.info;
  },
};
