import { setThreads } from '@pinsage/native';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, test } from 'vitest';
import { useBackend } from '../src/index.js';

afterEach(() => setThreads(0));

const random = (shape: number[], seed: number) => tf.randomUniform(shape, -2, 2, 'float32', seed);

/** A copy of the result. (What tidy() returns it searches for tensors, element by element: never return arrays from it.) */
function run(operation: () => tf.Tensor): Float32Array {
  let values = new Float32Array();
  tf.tidy(() => {
    values = Float32Array.from(operation().dataSync());
  });
  return values;
}

/** The operation on TF.js's own kernels and on ours: close, and ours equal at 1, 2 and 5 threads where `exact`. */
async function compare(operation: () => tf.Tensor, exact = true): Promise<void> {
  await useBackend('cpu');
  const expected = run(operation);
  await useBackend('pinsage');
  const runs = [1, 2, 5].map((threads) => {
    setThreads(threads);
    return run(operation);
  });
  expect(runs[0].length).toBe(expected.length);
  for (const [i, value] of expected.entries()) {
    const difference = Math.abs(runs[0][i] - value);
    if (!(Object.is(runs[0][i], value) || difference <= 2e-5 * Math.max(1, Math.abs(value)))) {
      throw new Error(`element ${i} is ${runs[0][i]}, expected ${value}`);
    }
  }
  // Comparing bytes: vitest takes seconds for arrays of this size.
  const bytes = (values: Float32Array) => Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  for (const run of exact ? runs.slice(1) : []) expect(Buffer.compare(bytes(run), bytes(runs[0]))).toBe(0);
}

describe('matMul', () => {
  test.each([
    [false, false],
    [false, true],
    [true, false],
    [true, true],
  ])('transposed %s and %s', async (transposeA, transposeB) => {
    await compare(
      () =>
        tf.matMul(
          random(transposeA ? [37, 53] : [53, 37], 1) as tf.Tensor2D,
          random(transposeB ? [29, 37] : [37, 29], 2) as tf.Tensor2D,
          transposeA,
          transposeB,
        ),
      false,
    );
  });

  test('batches: equal, and one against many', async () => {
    await compare(() => tf.matMul(random([3, 2, 7, 5], 1), random([3, 2, 5, 4], 2)), false);
    await compare(() => tf.matMul(random([1, 7, 5], 1), random([6, 5, 4], 2)), false);
    await compare(() => tf.matMul(random([6, 7, 5], 1), random([5, 4], 2)), false);
    await compare(() => tf.matMul(random([2, 1, 3, 4], 1), random([1, 3, 4, 2], 2)), false);
  });

  test('an empty inner dimension gives zeros', () => {
    expect(tf.matMul(tf.zeros([2, 0]), tf.zeros([0, 3])).arraySync()).toEqual([
      [0, 0, 0],
      [0, 0, 0],
    ]);
  });

  test('fused with bias and relu', async () => {
    const [a, b, bias] = [() => random([9, 5], 1), () => random([5, 6], 2), () => random([6], 3)];
    await compare(
      () => tf.fused.matMul({ a: a() as tf.Tensor2D, b: b() as tf.Tensor2D, bias: bias(), activation: 'relu' }),
      false,
    );
  });
});

describe('element by element', () => {
  const unary = {
    abs: tf.abs,
    exp: tf.exp,
    neg: tf.neg,
    reciprocal: tf.reciprocal,
    relu: tf.relu,
    sigmoid: tf.sigmoid,
    softplus: tf.softplus,
  };
  const more = { sqrt: tf.sqrt, rsqrt: tf.rsqrt, square: tf.square, step: tf.step, tanh: tf.tanh };
  test.each(Object.entries({ ...unary, ...more }))('%s', async (_, f) => {
    await compare(() => f(random([70_001], 1)));
    const odd = [
      Number.NaN,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      0,
      -0.0,
      1e-45,
      88.7,
      89,
      -87,
      -103,
      -110,
    ];
    await compare(() => f(tf.tensor1d(odd)));
  });

  const binary = { add: tf.add, sub: tf.sub, mul: tf.mul, div: tf.div, maximum: tf.maximum, minimum: tf.minimum };
  test.each(Object.entries({ ...binary, squaredDifference: tf.squaredDifference }))(
    '%s in every layout',
    async (_, f) => {
      const shapes: [number[], number[]][] = [
        [
          [300, 130],
          [300, 130],
        ],
        [[300, 130], []],
        [[70, 30], [1]],
        [[300, 130], [130]],
        [
          [70, 30],
          [1, 30],
        ],
        [
          [300, 130],
          [300, 1],
        ],
        [
          [4, 5, 6],
          [5, 6],
        ],
        [
          [4, 5, 6],
          [4, 5, 1],
        ],
        [
          [4, 5, 6],
          [4, 1, 6],
        ],
        [
          [4, 1],
          [1, 6],
        ],
        [[1, 1, 3], [3]],
        [[0, 3], [3]],
      ];
      for (const [a, b] of shapes) {
        await compare(() => f(random(a, 1), random(b, 2)));
        await compare(() => f(random(b, 1), random(a, 2)));
      }
      const odd = [Number.NaN, 1, Number.POSITIVE_INFINITY, 0];
      await compare(() =>
        f(tf.tensor2d([odd, odd, odd, odd]), tf.tensor2d([odd, odd, odd, odd].map((_, i) => Array(4).fill(odd[i])))),
      );
    },
  );

  test('exp is within two units in the last place over its whole range', () => {
    const x = Float32Array.from({ length: 200_001 }, (_, i) => -104 + i * 0.00096);
    const y = tf.exp(tf.tensor1d(x)).dataSync();
    for (const [i, value] of x.entries()) {
      const exact = Math.exp(value);
      const unit = Math.max(2 ** (Math.floor(Math.log2(exact)) - 23), 2 ** -149);
      if (!(Math.abs(y[i] - exact) <= 2 * unit)) throw new Error(`exp(${value}) is ${y[i]}, not ${exact}`);
    }
  });
});

describe('reductions', () => {
  const shapes: [number[], number | number[]][] = [
    [[300, 517], 1],
    [[300, 517], 0],
    [
      [300, 517],
      [0, 1],
    ],
    [
      [6, 7, 8],
      [1, 2],
    ],
    [
      [6, 7, 8],
      [0, 1],
    ],
    [[6, 7, 8], 1],
    [
      [6, 7, 8, 9],
      [0, 2],
    ],
    [[100_000], 0],
    [[5], 0],
  ];
  test.each(Object.entries({ sum: tf.sum, mean: tf.mean, max: tf.max, min: tf.min, prod: tf.prod }))(
    '%s',
    async (_, f) => {
      for (const [shape, axis] of shapes) {
        await compare(() => f(random(shape, 1), axis));
        await compare(() => f(random(shape, 1), axis, true));
      }
      await compare(() =>
        f(
          tf.tensor2d([
            [1, Number.NaN],
            [2, Number.NEGATIVE_INFINITY],
          ]),
          1,
        ),
      );
    },
  );

  test('softmax and logSoftmax', async () => {
    await compare(() => tf.softmax(random([40, 333], 1)));
    await compare(() => tf.logSoftmax(random([40, 333], 1)));
    await compare(() =>
      tf.softmax(
        tf.tensor2d([
          [1000, 0],
          [-1000, -1000],
        ]),
      ),
    );
  });
});

describe('moving elements', () => {
  test('concat', async () => {
    await compare(() => tf.concat([random([300, 130], 1), random([300, 70], 2), random([300, 1], 3)], 1));
    await compare(() => tf.concat([random([3, 4, 5], 1), random([3, 2, 5], 2), random([3, 0, 5], 3)], 1));
    await compare(() => tf.concat([random([3, 4], 1), random([2, 4], 2)], 0));
  });

  test('slice', async () => {
    const cuts: [number[], number[], number[]][] = [
      [
        [300, 130],
        [10, 0],
        [200, 130],
      ],
      [
        [300, 130],
        [0, 7],
        [300, 50],
      ],
      [
        [300, 130],
        [10, 7],
        [200, 50],
      ],
      [
        [5, 6, 7],
        [1, 2, 3],
        [3, 3, 3],
      ],
      [
        [5, 6, 7],
        [1, 0, 3],
        [3, 6, 3],
      ],
      [
        [5, 6, 7],
        [1, 2, 0],
        [3, 3, 7],
      ],
      [[9], [2], [5]],
      [
        [4, 4],
        [2, 2],
        [0, 2],
      ],
    ];
    for (const [shape, begin, size] of cuts) await compare(() => tf.slice(random(shape, 1), begin, size));
  });

  test('addN', async () => {
    await compare(() => tf.addN([random([300, 130], 1), random([300, 130], 2), random([300, 130], 3)]));
  });

  test('split and pad', async () => {
    await compare(() => tf.concat(tf.split(random([300, 130], 1), [30, 100], 1).reverse(), 1));
    await compare(() => tf.stack(tf.split(random([6, 4, 5], 1), 3, 0)));
    await compare(() => tf.concat(tf.split(random([3, 4, 5], 1), [0, 1, 3], 1), 1));
    for (const paddings of [
      [
        [2, 3],
        [0, 0],
      ],
      [
        [0, 0],
        [1, 0],
      ],
      [
        [2, 0],
        [0, 4],
      ],
    ] as [number, number][][]) {
      await compare(() => tf.pad(random([30, 7], 1), paddings, 0.5));
    }
    await compare(() =>
      tf.pad(random([3, 4, 5], 1), [
        [1, 1],
        [1, 1],
        [1, 1],
      ]),
    );
    await compare(() =>
      tf.pad(random([3, 4, 5], 1), [
        [1, 1],
        [0, 0],
        [1, 1],
      ]),
    );
  });

  test('transpose', async () => {
    await compare(() => tf.transpose(random([130, 77], 1)));
    for (const order of [
      [2, 0, 1],
      [0, 2, 1],
      [1, 0, 2],
      [2, 1, 0],
    ]) {
      await compare(() => tf.transpose(random([13, 44, 35], 1), order));
    }
    await compare(() => tf.transpose(random([3, 4, 5, 6, 7], 1), [4, 2, 0, 3, 1]));
    await compare(() => tf.transpose(random([300, 1, 400], 1), [2, 1, 0]));
    await compare(() => tf.transpose(random([3, 0, 5], 1), [2, 0, 1]));
  });

  test('slice and pad along every axis', async () => {
    await compare(() => tf.slice(random([5, 6, 7, 8], 1), [1, 2, 3, 4], [3, 3, 3, 3]));
    await compare(() =>
      tf.pad(random([3, 4, 5, 6], 1), [
        [1, 0],
        [0, 2],
        [3, 1],
        [0, 1],
      ]),
    );
  });

  test('topK', async () => {
    const ties = () => tf.round(random([40, 333], 1));
    for (const k of [1, 7, 333]) {
      for (const x of [() => random([40, 333], 1), ties]) {
        await compare(() => tf.topk(x(), k).values);
        await compare(() => tf.cast(tf.topk(x(), k).indices, 'float32'));
      }
    }
    const { values, indices } = tf.topk(tf.tensor1d([-0.0, Number.NaN, Number.NEGATIVE_INFINITY, 0, 2]), 5);
    expect(Array.from(indices.dataSync())).toEqual([4, 0, 3, 2, 1]);
    expect(Array.from(values.dataSync())).toEqual([2, -0, 0, Number.NEGATIVE_INFINITY, Number.NaN]);
  });

  test('scatterND and tensorScatterUpdate', async () => {
    const cells = Int32Array.from({ length: 60 }, (_, i) => (i * i * 7) % 5);
    const rows = () => tf.tensor2d(cells.slice(0, 30), [30, 1], 'int32');
    const pairs = () => tf.tensor2d(cells, [30, 2], 'int32');
    await compare(() => tf.scatterND(rows(), random([30, 8], 1), [5, 8]));
    await compare(() => tf.scatterND(pairs(), random([30, 3], 1), [5, 5, 3]));
    await compare(() => tf.scatterND(pairs(), random([30], 1), [5, 5]));
    await compare(() => tf.tensorScatterUpdate(random([5, 8], 2), rows(), random([30, 8], 1)));
    await compare(() => tf.tensorScatterUpdate(random([5, 5], 2), pairs(), random([30], 1)));
    expect(() => tf.scatterND(tf.tensor2d([[9]], [1, 1], 'int32'), tf.ones([1, 8]), [5, 8])).toThrow('Invalid indices');
  });

  test('sparse segments', async () => {
    const rows = () => tf.tensor1d([3, 3, 0, 7, 1, 2], 'int32');
    const segments = () => tf.tensor1d([0, 0, 0, 2, 3, 3], 'int32');
    await compare(() => tf.sparse.sparseSegmentSum(random([8, 5], 1), rows(), segments()));
    await compare(() => tf.sparse.sparseSegmentMean(random([8, 5], 1), rows(), segments()));
  });

  test('gather and unsortedSegmentSum', async () => {
    const ids = Int32Array.from({ length: 999 }, (_, i) => (i * i * 7) % 50);
    await compare(() => tf.gather(random([50, 33], 1), tf.tensor1d(ids, 'int32')));
    await compare(() => tf.gather(random([50, 3, 4], 1), tf.tensor2d(ids.slice(0, 12), [3, 4], 'int32')));
    await compare(() => tf.gather(random([4, 50], 1), tf.tensor1d(ids, 'int32'), 1));
    await compare(() => tf.unsortedSegmentSum(random([999, 5], 1), tf.tensor1d(ids, 'int32'), 50));
    expect(tf.unsortedSegmentSum(tf.tensor1d([1, 2, 4]), tf.tensor1d([1, -1, 9], 'int32'), 2).arraySync()).toEqual([
      0, 1,
    ]);
  });

  test('fill, zerosLike, onesLike', async () => {
    await compare(() => tf.fill([7, 3], 2.5));
    await compare(() => tf.zerosLike(random([7, 3], 1)));
    await compare(() => tf.onesLike(random([7, 3], 1)));
  });
});
