import { REDUCTIONS } from '@pinsage/native';
import * as tf from '@tensorflow/tfjs-core';
import type { Floats, PinSageBackend } from '../backend.js';
import type { KernelCall, NativeKernel } from './kernel.js';
import { transposed } from './layout.js';

type Call = KernelCall<'x', { axis?: number | number[]; reductionIndices?: number | number[]; keepDims: boolean }>;

/** Reduces the rows of a matrix [y.length, columns] to y. */
type Reduce = (kernels: PinSageBackend['kernels'], x: Floats, columns: number, y: Floats) => void;

/** A reduction along any axes: along the columns, where there is such a kernel and they come first; else along the rows. */
function reduction({ inputs, attrs, backend }: Call, rows: Reduce, columns?: Reduce): tf.TensorInfo | undefined {
  const { shape } = inputs.x;
  const x = backend.floats(inputs.x);
  if (x === undefined || x.length === 0) return undefined;
  const axes = tf.util.parseAxisParam(attrs.axis ?? attrs.reductionIndices!, shape).sort((a, b) => a - b);
  const reduced = (axis: number) => axes.includes(axis);
  const kept = shape.map((_, axis) => axis).filter((axis) => !reduced(axis));
  const keptShape = shape.map((size, axis) => (reduced(axis) ? 1 : size));
  const output = backend.output(attrs.keepDims ? keptShape : kept.map((axis) => shape[axis]));
  const { values } = output;
  if (columns !== undefined && kept.length > 0 && axes.every((axis, i) => axis === i)) {
    columns(backend.kernels, x, values.length, values);
  } else if (axes.every((axis) => axis >= kept.length)) {
    rows(backend.kernels, x, x.length / values.length, values);
  } else {
    withTransposed(backend, x, shape, [...kept, ...axes], (matrix) =>
      rows(backend.kernels, matrix, x.length / values.length, values),
    );
  }
  return output.info;
}

function withTransposed(
  backend: PinSageBackend,
  x: Floats,
  shape: number[],
  order: number[],
  use: (values: Floats) => void,
): void {
  const copy = transposed(backend, x, shape, order);
  use(copy.values);
  backend.disposeData(copy.info.dataId);
}

function sum(call: Call, mean: boolean): tf.TensorInfo | undefined {
  const scale = (x: Floats, y: Floats) => (mean ? y.length / x.length : 1);
  return reduction(
    call,
    (kernels, x, width, y) => kernels.sumRows(x, width, scale(x, y), y),
    (kernels, x, width, y) => kernels.sumColumns(x, width, scale(x, y), y),
  );
}

function by(operation: (typeof REDUCTIONS)[number]) {
  const index = REDUCTIONS.indexOf(operation);
  return (call: Call) => reduction(call, (kernels, x, columns, y) => kernels.reduceRows(index, x, columns, y));
}

export const reductionKernels: NativeKernel[] = [
  { kernelName: tf.Sum, native: (call: Call) => sum(call, false) },
  { kernelName: tf.Mean, native: (call: Call) => sum(call, true) },
  { kernelName: tf.Max, native: by('max') },
  { kernelName: tf.Min, native: by('min') },
  { kernelName: tf.Prod, native: by('product') },
];
