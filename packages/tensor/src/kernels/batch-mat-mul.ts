import * as tf from '@tensorflow/tfjs-core';
import type { Output, PinSageBackend } from '../backend.js';
import type { KernelCall, NativeKernel } from './kernel.js';

/** op(a) op(b) for float32; undefined when not covered, or when the shapes do not fit (TF.js's kernel then says what is wrong). */
export function matMul(
  backend: PinSageBackend,
  aInfo: tf.TensorInfo,
  bInfo: tf.TensorInfo,
  transposeA: boolean,
  transposeB: boolean,
): Output | undefined {
  if (aInfo.dtype !== 'float32' || bInfo.dtype !== 'float32') return undefined;
  const [aBatch, aRows, aColumns] = matrices(aInfo.shape);
  const [bBatch, bRows, bColumns] = matrices(bInfo.shape);
  const [m, k] = transposeA ? [aColumns, aRows] : [aRows, aColumns];
  const [inner, n] = transposeB ? [bColumns, bRows] : [bRows, bColumns];
  const aBatches = tf.util.sizeFromShape(aBatch);
  const bBatches = tf.util.sizeFromShape(bBatch);
  // Of other batch broadcasts the order of repetition would have to be worked out.
  if (k !== inner || !(tf.util.arraysEqual(aBatch, bBatch) || aBatches === 1 || bBatches === 1)) return undefined;
  const batch = tf.broadcast_util.assertAndGetBroadcastShape(aBatch, bBatch);
  const output = backend.output([...batch, m, n]);
  const [a, b, precision] = [backend.allFloats(aInfo), backend.allFloats(bInfo), backend.precisionIndex];
  backend.kernels.matMul(a, b, output.values, m, n, k, transposeA, transposeB, aBatches, bBatches, precision, false);
  return output;
}

function matrices(shape: number[]): [batch: number[], rows: number, columns: number] {
  return [shape.slice(0, -2), shape[shape.length - 2], shape[shape.length - 1]];
}

/** Matrix products, all transposes, over broadcast batches. */
export const batchMatMul: NativeKernel = {
  kernelName: tf.BatchMatMul,
  native: ({ inputs, attrs, backend }: KernelCall<'a' | 'b', tf.BatchMatMulAttrs>) =>
    matMul(backend, inputs.a, inputs.b, attrs.transposeA, attrs.transposeB)?.info,
};
