import { afterEach, expect, test } from 'vitest';
import { type Bins, piecewiseLinear, piecewiseWidth, useBackend } from '../src/index.js';

afterEach(() => useBackend('pinsage'));

const bins: Bins[] = [
  { edges: Float64Array.of(0, 1, 3), mean: 1, deviation: 2 },
  { edges: Float64Array.of(), mean: 0, deviation: 1 },
];

test.each(['pinsage', 'cpu'] as const)('numbers become bins, a standardised number and a flag: %s', async (backend) => {
  await useBackend(backend);
  const numbers = [Float32Array.of(-1, 0.5, 2, 100, Number.NaN), Float32Array.of(3, Number.NaN, -7, 0, 1)];
  expect(piecewiseWidth(bins)).toBe(6);
  expect(piecewiseLinear(numbers, bins).arraySync()).toEqual([
    [0, 0, -1, 0, 3, 0],
    [0.5, 0, -0.25, 0, 0, 1],
    [1, 0.5, 0.5, 0, -5, 0],
    [1, 1, 5, 0, 0, 0],
    [0, 0, 0, 1, 1, 0],
  ]);
});

test('both forms give the same bits', async () => {
  const edges = Float64Array.from({ length: 40 }, (_, i) => Math.sin(i) / 10 + i);
  const numbers = [Float32Array.from({ length: 5000 }, (_, i) => ((i * 7919) % 4500) / 100 - 2)];
  const some = [{ edges, mean: 17.3, deviation: 9.1 }];
  const native = piecewiseLinear(numbers, some).dataSync();
  await useBackend('cpu');
  expect(piecewiseLinear(numbers, some).dataSync()).toEqual(native);
});

test('refuses arrays that do not fit', () => {
  expect(() => piecewiseLinear([new Float32Array(2)], bins)).toThrow(
    /bins is a Array of 2; allowed: one for each of 1|bins is/,
  );
  expect(() => piecewiseLinear([new Float32Array(2), new Float32Array(3)], bins)).toThrow(
    /numbers\[1\] is a Float32Array of 3; allowed: a Float32Array of 2/,
  );
});
