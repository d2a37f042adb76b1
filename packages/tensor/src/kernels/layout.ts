import * as tf from '@tensorflow/tfjs-core';
import type { Floats, Output, PinSageBackend } from '../backend.js';

/** How far apart the elements of a dense tensor lie along each axis. */
export function stridesOf(shape: number[]): number[] {
  return shape.map((_, axis) => tf.util.sizeFromShape(shape.slice(axis + 1)));
}

/** Where the element of this index lies. */
export function offsetOf(index: number[], strides: number[]): number {
  return index.reduce((offset, position, axis) => offset + position * strides[axis], 0);
}

/** A dense tensor with its axes in another order. */
export function transposed(backend: PinSageBackend, x: Floats, shape: number[], order: number[]): Output {
  const output = backend.output(order.map((axis) => shape[axis]));
  const strides = stridesOf(shape);
  const fromStrides = order.map((axis) => strides[axis]);
  const { shape: sizes } = output.info;
  if (x.length > 0) backend.kernels.copyBox(x, 0, fromStrides, output.values, 0, stridesOf(sizes), sizes);
  return output;
}
