import { PinSageError, tensorKernels } from '@pinsage/native';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import * as ops from '../src/index.js';

const x = tf.ones([3, 4]) as tf.Tensor2D;
const ids = tf.zeros([2, 3], 'int32') as tf.Tensor2D;
const share = tf.ones([2, 3]) as tf.Tensor2D;
const wrong = (value: unknown) => value as never;

const calls: Record<string, () => unknown> = {
  'linear: w of another height': () => ops.linear(x, tf.ones([3, 4])),
  'linear: matrices of other heights': () => ops.linear([x, tf.ones([7, 2])], tf.ones([6, 2])),
  'linear: bias of another length': () => ops.linear(x, tf.ones([4, 2]), tf.ones([3])),
  'linear: unknown activation': () => ops.linear(x, tf.ones([4, 2]), undefined, wrong('elu')),
  'linear: int32': () => ops.linear(wrong(tf.ones([3, 4], 'int32')), tf.ones([4, 2])),
  'linear: no tensor': () => ops.linear(wrong(undefined), tf.ones([4, 2])),
  'gatherRows: row out of range': () => ops.gatherRows(x, tf.tensor1d([3], 'int32')),
  'gatherRows: negative row': () => ops.gatherRows(x, tf.tensor1d([-1], 'int32')),
  'gatherRows: float rows': () => ops.gatherRows(x, wrong(tf.tensor1d([1]))),
  'importancePool: float neighbours': () => ops.importancePool(x, wrong(share), share),
  'importancePool: weights of another shape': () => ops.importancePool(x, ids, tf.ones([2, 2])),
  'importancePool: neighbour out of range': () => ops.importancePool(x, tf.fill([2, 3], 3, 'int32'), share),
  'maxPool: neighbour out of range': () => ops.maxPool(x, tf.fill([2, 3], -1, 'int32'), share),
  'l2Normalize: a vector': () => ops.l2Normalize(wrong(tf.ones([3]))),
  'embeddingBag: falling offsets': () => ops.embeddingBag(x, bagOf([0, 2, 1], [0])),
  'embeddingBag: offsets that end early': () => ops.embeddingBag(x, bagOf([0, 1], [0, 1])),
  'embeddingBag: no offsets': () => ops.embeddingBag(x, bagOf([], [])),
  'embeddingBag: row out of range': () => ops.embeddingBag(x, bagOf([0, 1], [3])),
  'softmaxCrossEntropy: label out of range': () => ops.softmaxCrossEntropy(x, tf.tensor1d([0, 1, 4], 'int32')),
  'softmaxCrossEntropy: too few labels': () => ops.softmaxCrossEntropy(x, tf.tensor1d([0], 'int32')),
  'softmaxCrossEntropy: mask out of range': () =>
    ops.softmaxCrossEntropy(x, tf.tensor1d([0, 1, 2], 'int32'), tf.tensor2d([[3, 0]], [1, 2], 'int32')),
  'hingeLoss: mask of three columns': () => ops.hingeLoss(x, tf.ones([3]), 1, tf.zeros([1, 3], 'int32')),
  'hingeLoss: margin not finite': () => ops.hingeLoss(x, tf.ones([3]), Number.NaN),
  'clipByGlobalNorm: 0': () => ops.clipByGlobalNorm([x], 0),
  'Adam: learning rate': () => new ops.Adam({ learningRate: -1 }),
  'Adam: beta of 1': () => new ops.Adam({ beta1: 1 }),
  'Adam: gradient of another shape': () => {
    const variable = tf.variable(x);
    new ops.Adam().step([variable], { [variable.name]: tf.ones([4, 3]) });
  },
  'Adam: a state without iterations': () => new ops.Adam().restore({}),
};

function bagOf(offsets: number[], rows: number[]): ops.Bag {
  return {
    offsets: Int32Array.from(offsets),
    rows: Int32Array.from(rows),
    weights: new Float32Array(rows.length).fill(1),
  };
}

function codeOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    expect(error).toBeInstanceOf(PinSageError);
    return (error as PinSageError).code;
  }
  return 'nothing was thrown';
}

describe('a wrong argument is INVALID_ARGUMENT', () => {
  test.each(Object.keys(calls))('%s on backend pinsage', (name) => {
    expect(codeOf(calls[name])).toBe('INVALID_ARGUMENT');
  });
  test.each(Object.keys(calls))('%s on backend cpu', async (name) => {
    await ops.useBackend('cpu');
    expect(codeOf(calls[name])).toBe('INVALID_ARGUMENT');
    await ops.useBackend('pinsage');
  });
});

/** The backend in use: PINSAGE_DEVICE decides whether it is on a GPU. */
const ours = tf.getBackend();

test('an unknown backend is INVALID_ARGUMENT, an absent one MISSING_DEPENDENCY', async () => {
  await expect(ops.useBackend(wrong('webgl'))).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  await expect(ops.useBackend('tensorflow')).rejects.toMatchObject({
    code: 'MISSING_DEPENDENCY',
    message: expect.stringContaining('npm install @tensorflow/tfjs-node'),
  });
  expect(tf.getBackend()).toBe(ours);
});

test('a backend that is there and does not start is MISSING_DEPENDENCY, and the one in use stays', async () => {
  // What TF.js does with a peer whose TensorFlow is broken.
  tf.registerBackend('tensorflow', () => {
    throw new Error('libtensorflow.so.2: cannot open shared object file');
  });
  for (const _ of [1, 2]) {
    await expect(ops.useBackend('tensorflow')).rejects.toMatchObject({
      code: 'MISSING_DEPENDENCY',
      message: expect.stringContaining('could not be started'),
    });
    expect(tf.getBackend()).toBe(ours);
    expect(tf.add(x, x).dataSync()[0]).toBe(2);
  }
  tf.removeBackend('tensorflow');
});

describe('the addon checks what memory safety depends on', () => {
  const f = (length: number) => new Float32Array(length);
  const i = (length: number) => new Int32Array(length);
  const raw: Record<string, () => unknown> = {
    'matMul: short result': () => tensorKernels.matMul(f(4), f(4), f(3), 2, 2, 2, false, false, 1, 1, 0, false),
    'matMul: short operand': () => tensorKernels.matMul(f(3), f(4), f(4), 2, 2, 2, false, false, 1, 1, 0, false),
    'matMul: huge dimensions': () =>
      tensorKernels.matMul(f(4), f(4), f(4), 2 ** 31, 2 ** 31, 2 ** 31, false, false, 1, 1, 0, false),
    'matMul: doubles': () =>
      tensorKernels.matMul(wrong(new Float64Array(4)), f(4), f(4), 2, 2, 2, false, false, 1, 1, 0, false),
    'unary: unknown operation': () => tensorKernels.unary(99, f(2), f(2)),
    'unary: short result': () => tensorKernels.unary(0, f(2), f(1)),
    'binary: short row': () => tensorKernels.binary(0, f(6), f(2), 2, 3, false, f(6)),
    'sumRows: rows do not fit': () => tensorKernels.sumRows(f(6), 4, 1, f(2)),
    'copyBox: begins too late': () => tensorKernels.copyBox(f(6), 1, [3, 1], f(6), 0, [3, 1], [2, 3]),
    'copyBox: ends beyond the end': () => tensorKernels.copyBox(f(6), 0, [3, 1], f(6), 0, [4, 1], [2, 3]),
    'copyBox: strides whose product overflows': () =>
      tensorKernels.copyBox(f(6), 0, [2 ** 31, 2 ** 31, 2 ** 31], f(6), 0, [1, 1, 1], [2 ** 31, 2 ** 31, 2 ** 31]),
    'copyBox: too few strides': () => tensorKernels.copyBox(f(6), 0, [3], f(6), 0, [3, 1], [2, 3]),
    'addAll: a term of another length': () => tensorKernels.addAll([f(3), f(2)], f(3)),
    'topK: more than there are': () => tensorKernels.topK(f(6), 3, 4, f(8), new Int32Array(8)),
    'topK: results too short': () => tensorKernels.topK(f(6), 3, 2, f(4), new Int32Array(3)),
    'reduceRows: short': () => tensorKernels.reduceRows(0, f(6), 3, f(1)),
    'randomNormal: no seed': () => tensorKernels.randomNormal(undefined as never, 0, 0, 1, f(3)),
    'gatherRows: row out of range': () => tensorKernels.gatherRows(f(6), 3, Int32Array.of(2), f(3)),
    'importancePool: short weights': () => tensorKernels.importancePool(f(6), 3, i(4), f(3), 2, f(6)),
    'embeddingBag: offsets beyond the rows': () =>
      tensorKernels.embeddingBag(f(6), 3, Int32Array.of(0, 5), i(2), f(2), f(3)),
    'adam: lengths differ': () => tensorKernels.adam([f(2)], [f(2)], [f(1)], [f(2)], 0.1, 0.9, 0.9, 0, 0, 1, [0]),
    'adam: rows of another width': () =>
      tensorKernels.adam([f(5)], [f(5)], [f(5)], [f(5)], 0.1, 0.9, 0.9, 0, 0, 1, [2]),
    'adam: too few gradients': () => tensorKernels.adam([f(2)], [], [f(2)], [f(2)], 0.1, 0.9, 0.9, 0, 0, 1, [0]),
    'allocate: nothing': () => tensorKernels.allocate(0),
    'release: no buffer': () => tensorKernels.release(wrong({})),
  };
  test.each(Object.keys(raw))('%s', (name) => {
    expect(codeOf(raw[name])).toBe('INVALID_ARGUMENT');
  });
});
