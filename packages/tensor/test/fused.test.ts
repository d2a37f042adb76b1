import { setThreads } from '@pinsage/native';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, test } from 'vitest';
import * as ops from '../src/index.js';
import * as reference from './reference.js';
import { dot, type Matrix, numericGradient, randomIntegers, randomMatrix } from './reference.js';

afterEach(async () => {
  setThreads(0);
  await ops.useBackend('pinsage');
});

interface Case {
  name: string;
  /** The inputs that gradients go to. */
  inputs: Matrix[];
  operation: (...inputs: tf.Tensor2D[]) => tf.Tensor;
  reference: (...inputs: Matrix[]) => Matrix;
}

const neighbors = [
  [0, 1, 2],
  [3, 3, 5],
  [1, 1, 1],
  [6, 0, 6],
];
const weights = [
  [1, 2, 0],
  [0.5, 1, 1],
  [0, 0, 0],
  [0, 3, 4],
];
const masked = [
  [0, 1],
  [3, 2],
  [0, 1],
  [0, 3],
  [4, 4],
];
const labels = [0, 1, 2, 0, 4];
const bag = { offsets: [0, 2, 2, 6], rows: [1, 2, 5, 5, 0, 1], weights: [1, -2, 0.5, 3, 1, 1] };
const lookup = [1, 1, 0, 6];

const int2d = (values: number[][]) => tf.tensor2d(values, undefined, 'int32');
const int1d = (values: number[]) => tf.tensor1d(values, 'int32');
const pool = () => [int2d(neighbors), tf.tensor2d(weights)] as const;
const row = (vector: tf.Tensor2D) => tf.reshape(vector, [-1]) as tf.Tensor1D;

const cases: Case[] = [
  {
    name: 'linear with bias and relu',
    inputs: [randomMatrix(7, 5, 1), randomMatrix(5, 4, 2), randomMatrix(1, 4, 3)],
    operation: (x, w, b) => ops.linear(x, w, row(b), 'relu'),
    reference: (x, w, b) => reference.linear(x, w, b[0], true),
  },
  {
    name: 'transformed pool',
    inputs: [randomMatrix(7, 5, 31), randomMatrix(5, 4, 32), randomMatrix(1, 4, 33)],
    operation: (h, q, b) => ops.transformedPool(h, q, row(b), ...pool()),
    reference: (h, q, b) => reference.importancePool(reference.linear(h, q, b[0], true), neighbors, weights),
  },
  {
    name: 'linear alone',
    inputs: [randomMatrix(3, 5, 4), randomMatrix(5, 4, 5)],
    operation: (x, w) => ops.linear(x, w),
    reference: (x, w) => reference.linear(x, w, undefined, false),
  },
  {
    name: 'linear with relu, without bias',
    inputs: [randomMatrix(3, 5, 6), randomMatrix(5, 4, 7)],
    operation: (x, w) => ops.linear(x, w, undefined, 'relu'),
    reference: (x, w) => reference.linear(x, w, undefined, true),
  },
  {
    name: 'linear of two matrices side by side',
    inputs: [randomMatrix(3, 2, 61), randomMatrix(3, 3, 62), randomMatrix(5, 4, 63), randomMatrix(1, 4, 64)],
    operation: (x, beside, w, b) => ops.linear([x, beside], w, row(b), 'relu'),
    reference: (x, beside, w, b) =>
      reference.linear(
        x.map((values, i) => [...values, ...beside[i]]),
        w,
        b[0],
        true,
      ),
  },
  {
    name: 'importancePool',
    inputs: [randomMatrix(7, 5, 8)],
    operation: (h) => ops.importancePool(h, ...pool()),
    reference: (h) => reference.importancePool(h, neighbors, weights),
  },
  {
    name: 'maxPool',
    inputs: [randomMatrix(7, 5, 9)],
    operation: (h) => ops.maxPool(h, ...pool()),
    reference: (h) => reference.maxPool(h, neighbors, weights),
  },
  {
    name: 'l2Normalize',
    inputs: [randomMatrix(6, 5, 10)],
    operation: (x) => ops.l2Normalize(x),
    reference: (x) => reference.l2Normalize(x),
  },
  {
    name: 'gatherRows',
    inputs: [randomMatrix(7, 5, 11)],
    operation: (x) => ops.gatherRows(x, int1d(lookup)),
    reference: (x) => reference.gatherRows(x, lookup),
  },
  {
    name: 'embeddingBag',
    inputs: [randomMatrix(7, 5, 12)],
    operation: (table) =>
      ops.embeddingBag(table, {
        offsets: Int32Array.from(bag.offsets),
        rows: Int32Array.from(bag.rows),
        weights: Float32Array.from(bag.weights),
      }),
    reference: (table) => reference.embeddingBag(table, bag.offsets, bag.rows, bag.weights),
  },
  {
    name: 'softmaxCrossEntropy',
    inputs: [randomMatrix(5, 6, 13)],
    operation: (logits) => tf.reshape(ops.softmaxCrossEntropy(logits, int1d(labels), int2d(masked)), [1, 1]),
    reference: (logits) => [[reference.softmaxCrossEntropy(logits, labels, masked)]],
  },
  {
    name: 'hingeLoss',
    inputs: [randomMatrix(5, 6, 14), randomMatrix(1, 5, 15)],
    operation: (scores, positive) => tf.reshape(ops.hingeLoss(scores, row(positive), 0.3, int2d(masked)), [1, 1]),
    reference: (scores, positive) => [[reference.hingeLoss(scores, positive[0], 0.3, masked)]],
  },
];

function near(actual: Matrix, expected: Matrix, tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  for (const [i, values] of expected.entries()) {
    for (const [j, value] of values.entries()) {
      expect(Math.abs(actual[i][j] - value), `[${i}, ${j}]: ${actual[i][j]}, expected ${value}`).toBeLessThanOrEqual(
        tolerance * Math.max(1, Math.abs(value)),
      );
    }
  }
}

for (const backend of ['pinsage', 'cpu'] as const) {
  describe(`on backend ${backend}`, () => {
    test.each(cases)('$name equals its equation', async ({ inputs, operation, reference }) => {
      await ops.useBackend(backend);
      const actual = tf.tidy(() => operation(...inputs.map((input) => tf.tensor2d(input))).arraySync() as Matrix);
      near(actual, reference(...inputs), 2e-6);
    });

    test.each(cases)('the gradient of $name equals finite differences', async ({ inputs, operation, reference }) => {
      await ops.useBackend(backend);
      const y = reference(...inputs);
      const direction = randomMatrix(y.length, y[0].length, 99);
      const actual = tf.tidy(() =>
        tf
          .grads((...xs: tf.Tensor[]) => operation(...(xs as tf.Tensor2D[])))(
            inputs.map((input) => tf.tensor2d(input)),
            tf.tensor2d(direction),
          )
          .map((grad) => grad.arraySync() as Matrix),
      );
      for (const [k, input] of inputs.entries()) {
        const at = (x: Matrix) =>
          reference.apply(
            null,
            inputs.map((other, i) => (i === k ? x : other)),
          );
        const expected = numericGradient((x) => dot(at(x), direction), input);
        near(actual[k], expected, 5e-6);
      }
    });
  });
}

describe('special rows', () => {
  test('l2Normalize gives zeros, and zero gradient, for a zero row', () => {
    const x = tf.tensor2d([
      [0, 0],
      [3, 4],
    ]);
    const { value, grad } = tf.valueAndGrad((v: tf.Tensor) => ops.l2Normalize(v as tf.Tensor2D))(x, tf.ones([2, 2]));
    near(
      value.arraySync() as Matrix,
      [
        [0, 0],
        [0.6, 0.8],
      ],
      1e-7,
    );
    expect((grad.arraySync() as Matrix)[0]).toEqual([0, 0]);
  });

  test('maxPool sends the gradient to the first of equal maxima', async () => {
    for (const backend of ['pinsage', 'cpu'] as const) {
      await ops.useBackend(backend);
      const grad = tf.grad((h) => ops.maxPool(h as tf.Tensor2D, int2d([[0, 1, 2]]), tf.tensor2d([[1, 1, 1]])));
      expect(grad(tf.tensor2d([[1], [5], [5]])).arraySync()).toEqual([[0], [1], [0]]);
    }
  });

  test('no rows, no bags, nothing unmasked', () => {
    const none = tf.tensor2d([], [0, 4]);
    expect(ops.linear(none, tf.zeros([4, 2])).shape).toEqual([0, 2]);
    expect(ops.importancePool(tf.zeros([3, 4]), tf.zeros([0, 5], 'int32'), tf.zeros([0, 5])).shape).toEqual([0, 4]);
    const empty = { offsets: Int32Array.of(0, 0), rows: new Int32Array(), weights: new Float32Array() };
    expect(ops.embeddingBag(tf.ones([3, 4]), empty).arraySync()).toEqual([[0, 0, 0, 0]]);
    expect(ops.hingeLoss(tf.tensor2d([[7]]), tf.tensor1d([1]), 1, int2d([[0, 0]])).dataSync()[0]).toBe(0);
    expect(ops.softmaxCrossEntropy(tf.zeros([0, 3]), tf.zeros([0], 'int32')).dataSync()[0]).toBe(0);
  });

  test('huge scores do not overflow', () => {
    const loss = ops.softmaxCrossEntropy(tf.tensor2d([[1000, 0, -1000]]), int1d([1]));
    expect(loss.dataSync()[0]).toBe(1000);
  });
});

describe('gradients that are overwritten where nobody else reads them', () => {
  const chain = (x: tf.Tensor2D, w: tf.Tensor2D) =>
    ops.linear(ops.linear(ops.l2Normalize(x), w, undefined, 'relu'), w, undefined, 'relu');
  const [x, w, dy] = [randomMatrix(6, 5, 31), randomMatrix(5, 5, 32), randomMatrix(6, 5, 33)];
  const referenceChain = (input: Matrix) =>
    reference.linear(reference.linear(reference.l2Normalize(input), w, undefined, true), w, undefined, true);
  const gradientOf = (f: (x: tf.Tensor2D) => tf.Tensor, direction = dy) => {
    const start = tf.tensor2d(direction);
    const grad = tf
      .grad((v) => f(v as tf.Tensor2D))(tf.tensor2d(x), start)
      .arraySync() as Matrix;
    // The caller's own dy is never touched.
    expect(start.arraySync()).toEqual(tf.tensor2d(direction).arraySync());
    return grad;
  };

  test('a chain of fused operations', () => {
    near(
      gradientOf((v) => chain(v, tf.tensor2d(w))),
      numericGradient((v) => dot(referenceChain(v), dy), x),
      5e-6,
    );
  });

  test('a tensor that two operations use', () => {
    const both = (v: tf.Tensor2D) => {
      const h = ops.linear(v, tf.tensor2d(w), undefined, 'relu');
      return tf.add(ops.linear(h, tf.tensor2d(w), undefined, 'relu'), ops.l2Normalize(h));
    };
    const expected = numericGradient((v) => {
      const h = reference.linear(v, w, undefined, true);
      return dot(reference.linear(h, w, undefined, true), dy) + dot(reference.l2Normalize(h), dy);
    }, x);
    near(gradientOf(both), expected, 2e-5);
  });

  test('a custom gradient that hands one tensor to two operations', () => {
    const sum = tf.customGrad((...inputs) => {
      const [a, b] = inputs as [tf.Tensor, tf.Tensor];
      return { value: tf.add(a, b), gradFunc: (d: tf.Tensor) => [d, d] };
    });
    const f = (v: tf.Tensor2D) => {
      const left = ops.linear(v, tf.tensor2d(w), undefined, 'relu');
      const right = ops.linear(tf.neg(v), tf.tensor2d(w), undefined, 'relu');
      return ops.l2Normalize(sum(left, right) as tf.Tensor2D);
    };
    const expected = numericGradient((v) => {
      const left = reference.linear(v, w, undefined, true);
      const right = reference.linear(
        v.map((r) => r.map((value) => -value)),
        w,
        undefined,
        true,
      );
      return dot(reference.l2Normalize(left.map((r, i) => r.map((value, j) => value + right[i][j]))), dy);
    }, x);
    near(gradientOf(f), expected, 2e-5);
  });
});

const bytes = (values: Float32Array) => Buffer.from(values.buffer, values.byteOffset, values.byteLength);

describe('at any number of threads, the same bits', () => {
  const rows = 500;
  const [nodes, slots, width] = [900, 7, 70];
  const h = randomMatrix(rows, width, 20);
  const ids = randomIntegers(nodes * slots, rows, 21);
  const share = randomMatrix(nodes, slots, 22).map((r) => r.map((value) => Math.max(0, value)));
  const operations: Record<string, (x: tf.Tensor2D) => tf.Tensor> = {
    importancePool: (x) => ops.importancePool(x, tf.tensor2d(ids, [nodes, slots], 'int32'), tf.tensor2d(share)),
    maxPool: (x) => ops.maxPool(x, tf.tensor2d(ids, [nodes, slots], 'int32'), tf.tensor2d(share)),
    l2Normalize: ops.l2Normalize,
    gatherRows: (x) => ops.gatherRows(x, int1d(ids)),
    embeddingBag: (x) =>
      ops.embeddingBag(x, {
        offsets: Int32Array.from({ length: nodes + 1 }, (_, i) => i * slots),
        rows: Int32Array.from(ids),
        weights: Float32Array.from(share.flat()),
      }),
    softmaxCrossEntropy: (x) => ops.softmaxCrossEntropy(x, int1d(ids.slice(0, rows).map((id) => id % width))),
    hingeLoss: (x) => ops.hingeLoss(x, tf.zeros([rows]), 0.1),
    'sum over rows and columns': (x) => tf.add(tf.mean(x), tf.sum(tf.sum(x, 0))),
  };

  test.each(Object.keys(operations))('%s and its gradient', (name) => {
    const run = (threads: number) => {
      setThreads(threads);
      const results: Float32Array[] = [];
      // Not as tidy's result: it would be searched for tensors, element by element.
      tf.tidy(() => {
        const { value, grad } = tf.valueAndGrad((x: tf.Tensor) => operations[name](x as tf.Tensor2D))(tf.tensor2d(h));
        results.push(Float32Array.from(value.dataSync()), Float32Array.from(grad.dataSync()));
      });
      return results;
    };
    const one = run(1);
    for (const threads of [2, 5]) {
      const several = run(threads);
      // Comparing bytes: vitest takes seconds for arrays of this size.
      for (const [i, values] of one.entries()) expect(Buffer.compare(bytes(several[i]), bytes(values))).toBe(0);
    }
  });
});
