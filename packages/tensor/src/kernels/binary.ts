import { BINARY, type BinaryOperation, BROADCAST, type Broadcast } from '@pinsage/native';
import * as tf from '@tensorflow/tfjs-core';
import type { KernelCall, NativeKernel } from './kernel.js';

const OPERATIONS: [string, BinaryOperation][] = [
  [tf.Add, 'add'],
  [tf.Sub, 'sub'],
  [tf.Multiply, 'multiply'],
  [tf.RealDiv, 'divide'],
  [tf.Maximum, 'maximum'],
  [tf.Minimum, 'minimum'],
  [tf.SquaredDifference, 'squaredDifference'],
];

/** Functions of two float32 tensors of one shape, or of which one lies under the other as a scalar, a row or a column. */
export const binaryKernels: NativeKernel[] = OPERATIONS.map(([kernelName, name]) => {
  const operation = BINARY.indexOf(name);
  return {
    kernelName,
    native: ({ inputs, backend }: KernelCall<'a' | 'b'>) => {
      const a = backend.floats(inputs.a);
      const b = backend.floats(inputs.b);
      if (a === undefined || b === undefined) return undefined;
      const swapped = inputs.b.shape.length > inputs.a.shape.length || b.length > a.length;
      const [large, small] = swapped ? [inputs.b, inputs.a] : [inputs.a, inputs.b];
      const layout = layoutUnder(large.shape, small.shape);
      if (layout === undefined) return undefined;
      const output = backend.output(large.shape);
      const [x, other] = swapped ? [b, a] : [a, b];
      backend.kernels.binary(
        operation,
        x,
        other,
        BROADCAST.indexOf(layout.broadcast),
        layout.width,
        swapped,
        output.values,
      );
      return output.info;
    },
  };
});

/** How `small` lies under `large` when broadcast; undefined when `large` is not the result's shape, or in a way not covered. */
function layoutUnder(large: number[], small: number[]): { broadcast: Broadcast; width: number } | undefined {
  const size = tf.util.sizeFromShape(large);
  if (tf.util.arraysEqual(large, small)) return { broadcast: 'none', width: size };
  const missing = large.length - small.length;
  if (missing < 0 || size === 0) return undefined;
  const padded = [...new Array<number>(missing).fill(1), ...small];
  const equal = padded.map((dimension, axis) => dimension === large[axis]);
  if (padded.some((dimension, axis) => !equal[axis] && dimension !== 1)) return undefined;
  if (padded.every((dimension) => dimension === 1)) return { broadcast: 'scalar', width: size };
  const first = padded.findIndex((dimension) => dimension !== 1);
  if (equal.every((same, axis) => axis < first || same)) {
    return { broadcast: 'row', width: tf.util.sizeFromShape(large.slice(first)) };
  }
  const last = padded.findLastIndex((dimension) => dimension !== 1);
  if (equal.every((same, axis) => axis > last || same)) {
    return { broadcast: 'column', width: tf.util.sizeFromShape(large.slice(last + 1)) };
  }
  return undefined;
}
