import { expect, it } from 'vitest';
import { alsFoldIn, type Graph } from '../lib/index.js';
import { solveDense } from './reference/dense.js';
import { all, expectError, randomGraph } from './support.js';

const OPTIONS = { factors: 5, iterations: 4, steps: 30, confidence: 8, regularization: 0.7, seed: 3n };

/** One row's normal equations, written out (Hu, Koren and Volinsky 2008, equation 4). */
function row(others: number[][], neighbors: Iterable<number>): number[] {
  const held = new Set(neighbors);
  const { factors, confidence, regularization } = OPTIONS;
  const left = Array.from({ length: factors }, (_, i) =>
    Array.from({ length: factors }, (_, j) =>
      others.reduce(
        (sum, y, id) => sum + (held.has(id) ? 1 + confidence : 1) * y[i] * y[j],
        i === j ? regularization : 0,
      ),
    ),
  );
  const right = Array.from({ length: factors }, (_, i) =>
    others.reduce((sum, y, id) => sum + (held.has(id) ? (1 + confidence) * y[i] : 0), 0),
  );
  return solveDense(left, right);
}

const rowsOf = (factors: Float32Array) =>
  Array.from({ length: factors.length / OPTIONS.factors }, (_, i) => [
    ...factors.subarray(i * OPTIONS.factors, (i + 1) * OPTIONS.factors),
  ]);

function objective(graph: Graph, pins: number[][], boards: number[][]): number {
  const { confidence, regularization } = OPTIONS;
  let sum = 0;
  for (const [board, x] of boards.entries()) {
    const held = new Set(graph.pinsOf(board));
    for (const [pin, y] of pins.entries()) {
      const error = (held.has(pin) ? 1 : 0) - x.reduce((dot, value, i) => dot + value * y[i], 0);
      sum += (held.has(pin) ? 1 + confidence : 1) * error ** 2;
    }
  }
  return sum + regularization * [...pins, ...boards].flat().reduce((squares, value) => squares + value ** 2, 0);
}

it('goes on from its factors as exact alternating least squares does', async () => {
  const { graph } = await randomGraph(33);
  const before = rowsOf(await graph.implicitAls(OPTIONS));
  const after = rowsOf(await graph.implicitAls({ ...OPTIONS, iterations: 5 }));
  const boards = Array.from({ length: 25 }, (_, board) => row(before, graph.pinsOf(board)));
  const expected = before.map((_, pin) => row(boards, graph.boardsOf(pin)));
  for (const pin of all(60)) {
    for (let i = 0; i < OPTIONS.factors; i++) expect(after[pin][i]).toBeCloseTo(expected[pin][i], 3);
  }
  expect(objective(graph, expected, boards)).toBeLessThan(objective(graph, before, boards));
  // Without edges a pin takes no part.
  expect(after[59]).toEqual([0, 0, 0, 0, 0]);
});

it('folds a list of pins in as a board', async () => {
  const { graph } = await randomGraph(33);
  const factors = await graph.implicitAls(OPTIONS);
  const queries = { offsets: Uint32Array.of(0, 3, 3), ids: Uint32Array.of(1, 4, 9) };
  const [folded, empty] = rowsOf(await alsFoldIn(factors, queries, OPTIONS));
  const expected = row(rowsOf(factors), queries.ids);
  for (const [i, value] of expected.entries()) expect(folded[i]).toBeCloseTo(value, 3);
  expect(empty).toEqual([0, 0, 0, 0, 0]);
});

it('does not depend on threads, and does on the seed', async () => {
  const { graph } = await randomGraph(34, false, 700, 90, 4000);
  const options = { factors: 24, iterations: 2, seed: 1n };
  const factors = await graph.implicitAls(options);
  for (const threads of [1, 2, 5]) expect(await graph.implicitAls({ ...options, threads })).toEqual(factors);
  expect(await graph.implicitAls({ ...options, seed: 2n })).not.toEqual(factors);
});

it('stops when it is told to', async () => {
  const { graph } = await randomGraph(34, false, 7000, 900, 40_000);
  const abort = new AbortController();
  setTimeout(() => abort.abort(), 20);
  await expectError('ABORTED', /aborted/, () => graph.implicitAls({ iterations: 1_000_000, signal: abort.signal }));
});

it('refuses bad input', async () => {
  const { graph } = await randomGraph(33);
  const bad = (message: RegExp, options: object) =>
    expectError('INVALID_ARGUMENT', message, () => graph.implicitAls(options));
  await bad(/factors is 0/, { factors: 0 });
  await bad(/iterations is 0/, { iterations: 0 });
  await bad(/steps is 1.5/, { steps: 1.5 });
  await bad(/confidence is -1/, { confidence: -1 });
  await bad(/regularization is NaN/, { regularization: Number.NaN });
  const lists = (offsets: number[], ids: number[]) => ({
    offsets: Uint32Array.from(offsets),
    ids: Uint32Array.from(ids),
  });
  const fold = (message: RegExp, pins: Float32Array, queries: ReturnType<typeof lists>) =>
    expectError('INVALID_ARGUMENT', message, () => alsFoldIn(pins, queries, OPTIONS));
  await fold(/pins is/, new Float32Array(6), lists([0], []));
  await fold(/queries.*2/, new Float32Array(10), lists([0, 1], [2]));
  await fold(/queries/, new Float32Array(10), lists([], []));
});
