import { invalidArgument, PinSageError } from '@pinsage/native';
import type * as tf from '@tensorflow/tfjs-core';

/** Throws unless `tensor` is a tensor of this rank and dtype. Dimensions may be 0. */
export function checkTensor(argument: string, tensor: tf.Tensor, rank: number, dtype: tf.DataType): void {
  if (tensor?.rank !== rank || tensor.dtype !== dtype) {
    throw badTensor(argument, tensor, `a ${dtype} tensor of rank ${rank}`);
  }
}

/** Throws unless the tensor has exactly this shape; `meaning` names its dimensions, as in `[rows, width]`. */
export function checkShape(argument: string, tensor: tf.Tensor, shape: readonly number[], meaning: string): void {
  if (tensor.shape.length !== shape.length || tensor.shape.some((size, axis) => size !== shape[axis])) {
    throw badTensor(argument, tensor, `shape [${shape}], which is ${meaning}`);
  }
}

/** Throws unless every value is a row from 0 to rows − 1. Native kernels make this check themselves, while they run. */
export function checkRows(argument: string, values: ArrayLike<number>, rows: number): void {
  for (let i = 0; i < values.length; ++i) {
    if (!(values[i] >= 0 && values[i] < rows)) {
      throw invalidArgument(`${argument}[${i}]`, values[i], `an integer from 0 to ${rows - 1}`);
    }
  }
}

function badTensor(argument: string, value: unknown, allowed: string): PinSageError {
  const { dtype, shape } = (value ?? {}) as Partial<tf.Tensor>;
  const shown = dtype === undefined ? String(value) : `a ${dtype} tensor of shape [${shape}]`;
  return new PinSageError('INVALID_ARGUMENT', `${argument} is ${shown}; allowed: ${allowed}`, {
    argument,
    value,
    allowed,
  });
}
