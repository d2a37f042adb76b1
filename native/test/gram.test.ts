import { expect, it } from 'vitest';
import { GramFactor, type SparseMatrix } from '../lib/index.js';
import { solveDense } from './reference/dense.js';
import { expectError, generator } from './support.js';

/** Random rows, in some of which a column is there twice. */
function randomRows(rows: number, columns: number, seed: number): SparseMatrix {
  const random = generator(seed);
  const own = Array.from({ length: rows }, () =>
    Array.from({ length: Math.floor(random() * 5) }, () => ({
      column: Math.floor(random() ** 2 * columns),
      weight: random() * 2 - 0.5,
    })),
  );
  const offsets = new Int32Array(rows + 1);
  for (const [row, entries] of own.entries()) offsets[row + 1] = offsets[row] + entries.length;
  return {
    offsets,
    rows: Int32Array.from(own.flat(), ({ column }) => column),
    weights: Float32Array.from(own.flat(), ({ weight }) => weight),
  };
}

function gram({ offsets, rows, weights }: SparseMatrix, columns: number, ridge: number): number[][] {
  const sums = Array.from({ length: columns }, (_, i) =>
    Array.from({ length: columns }, (_, j) => (i === j ? ridge : 0)),
  );
  for (let row = 0; row + 1 < offsets.length; row++) {
    for (let i = offsets[row]; i < offsets[row + 1]; i++) {
      for (let j = offsets[row]; j < offsets[row + 1]; j++) sums[rows[i]][rows[j]] += weights[i] * weights[j];
    }
  }
  return sums;
}

// Less than a tile, a whole one, and three of which the last is cut.
it.each([1, 7, 256, 600])('solves over %i columns as elimination does', async (columns) => {
  const matrix = randomRows(2 * columns, columns, columns);
  const factor = await GramFactor.create(matrix, { columns, ridge: 0.5 });
  const random = generator(9);
  const rows = Float32Array.from({ length: 3 * columns }, () => random() - 0.5);
  const solved = rows.slice();
  await factor.solve(solved);
  const dense = gram(matrix, columns, 0.5);
  const diagonal = await factor.inverseDiagonal();
  expect(diagonal).toHaveLength(columns);
  const expected = solveDense(dense, [...rows.subarray(columns, 2 * columns)]);
  for (const [i, value] of expected.entries()) expect(solved[columns + i]).toBeCloseTo(value, 3);
  for (const i of [0, Math.floor(columns / 2), columns - 1]) {
    const unit = Array.from({ length: columns }, (_, j) => Number(i === j));
    expect(diagonal[i]).toBeCloseTo(solveDense(dense, unit)[i], 4);
  }
});

it('does not depend on threads', async () => {
  const matrix = randomRows(1500, 700, 4);
  const results = await Promise.all(
    [1, 2, 5].map(async (threads) => {
      const factor = await GramFactor.create(matrix, { columns: 700, ridge: 1, threads });
      const rows = Float32Array.from({ length: 100 * 700 }, (_, i) => Math.sin(i));
      await factor.solve(rows, { threads });
      return { rows, diagonal: await factor.inverseDiagonal({ threads }) };
    }),
  );
  expect(results[1]).toEqual(results[0]);
  expect(results[2]).toEqual(results[0]);
});

it('refuses bad input', async () => {
  const matrix = randomRows(20, 10, 1);
  const bad = (message: RegExp, changes: object, options: object = {}) =>
    expectError('INVALID_ARGUMENT', message, () =>
      GramFactor.create({ ...matrix, ...changes }, { columns: 10, ridge: 1, ...options }),
    );
  await bad(/columns is 0/, {}, { columns: 0 });
  await bad(/ridge is 0/, {}, { ridge: 0 });
  await bad(/matrix\.rows.*columns/, {}, { columns: 5 });
  await bad(/matrix\.rows/, { rows: matrix.rows.map((_, i) => (i === 3 ? -1 : 0)) });
  await bad(/matrix\.offsets/, { offsets: matrix.offsets.toReversed() });
  await bad(/matrix\.weights is/, { weights: new Float32Array(1) });
  await bad(/matrix\.offsets/, { offsets: new Int32Array(0) });
  const huge = matrix.weights.slice().fill(Number.NaN);
  await expectError('NOT_FINITE', /no solution in float32/, () =>
    GramFactor.create({ ...matrix, weights: huge }, { columns: 10, ridge: 1 }),
  );
  const factor = await GramFactor.create(matrix, { columns: 10, ridge: 1 });
  await expectError('INVALID_ARGUMENT', /rows is/, () => factor.solve(new Float32Array(11)));
});
