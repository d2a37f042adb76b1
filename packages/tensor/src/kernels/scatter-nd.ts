import * as tf from '@tensorflow/tfjs-core';
import type { Floats, PinSageBackend } from '../backend.js';
import type { KernelCall, NativeKernel } from './kernel.js';

interface Slices {
  /** The slice of the result, seen as [slices, width], that each update goes to. */
  rows: Int32Array;
  width: number;
}

/** Undefined when an index is out of range: TF.js's kernel says which. */
function slicesOf(
  backend: PinSageBackend,
  indices: tf.TensorInfo,
  updates: tf.TensorInfo,
  shape: number[],
): Slices | undefined {
  const { sliceRank, numUpdates, sliceSize, strides, outputSize } = tf.scatter_util.calculateShapes(
    updates,
    indices,
    shape,
  );
  const positions = backend.ints(indices);
  if (positions === undefined || outputSize === 0 || backend.floats(updates)?.length !== numUpdates * sliceSize) {
    return undefined;
  }
  const rows = new Int32Array(numUpdates);
  for (let i = 0; i < numUpdates; ++i) {
    for (let axis = 0; axis < sliceRank; ++axis) rows[i] += positions[i * sliceRank + axis] * strides[axis];
    if (rows[i] < 0 || rows[i] >= outputSize / sliceSize) return undefined;
  }
  return { rows, width: sliceSize };
}

/** Updates of the same slice are added up, in their order. */
export const scatterNd: NativeKernel = {
  kernelName: tf.ScatterNd,
  native: ({ inputs, attrs, backend }: KernelCall<'indices' | 'updates', tf.ScatterNdAttrs>) => {
    const slices = slicesOf(backend, inputs.indices, inputs.updates, attrs.shape);
    if (slices === undefined) return undefined;
    const output = backend.output(attrs.shape);
    backend.kernels.scatterRows(backend.floats(inputs.updates)!, slices.width, slices.rows, output.values);
    return output.info;
  },
};

/** Of several updates of the same slice the last one stays. */
export const tensorScatterUpdate: NativeKernel = {
  kernelName: tf.TensorScatterUpdate,
  native: ({ inputs, backend }: KernelCall<'tensor' | 'indices' | 'updates'>) => {
    const tensor = backend.floats(inputs.tensor);
    const slices = tensor && slicesOf(backend, inputs.indices, inputs.updates, inputs.tensor.shape);
    if (slices === undefined) return undefined;
    const updates = backend.floats(inputs.updates)!;
    const output = backend.output(inputs.tensor.shape);
    const copy = (from: Floats, begin: number, to: number, size: number) =>
      backend.kernels.copyBox(from, begin, [1], output.values, to, [1], [size]);
    copy(tensor!, 0, 0, tensor!.length);
    const { rows, width } = slices;
    for (const [i, row] of rows.entries()) copy(updates, i * width, row * width, width);
    return output.info;
  },
};
