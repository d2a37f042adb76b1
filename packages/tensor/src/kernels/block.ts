import * as tf from '@tensorflow/tfjs-core';

/** A box of a tensor as runs of `width` elements, `stride` apart, the first at `offset`. */
export interface Block {
  offset: number;
  stride: number;
  rows: number;
  width: number;
}

/**
 * The box [begin, begin + size) of a tensor of this shape. It is undefined when its runs do not lie evenly: when an axis between
 * the first one and the last one that is cut is itself cut.
 */
export function blockOf(shape: number[], begin: number[], size: number[]): Block | undefined {
  const cut = shape.findLastIndex((length, axis) => size[axis] !== length);
  const product = (from: number, to?: number) => tf.util.sizeFromShape(size.slice(from, to));
  if (cut <= 0) {
    const inside = product(1);
    return { offset: (begin[0] ?? 0) * inside, stride: 0, rows: 1, width: product(0) };
  }
  if (shape.some((length, axis) => axis > 0 && axis < cut && size[axis] !== length)) return undefined;
  const inside = product(cut + 1);
  const stride = shape[cut] * inside;
  const offset = begin[0] * product(1, cut) * stride + begin[cut] * inside;
  return { offset, stride, rows: product(0, cut), width: size[cut] * inside };
}
