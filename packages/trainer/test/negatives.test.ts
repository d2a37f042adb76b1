import { describe, expect, it } from 'vitest';
import { sameBoard } from '../src/masks.js';
import { hardBand, hardNegatives, SharedNegatives } from '../src/negatives.js';
import type { Pairs } from '../src/pairs.js';
import { defaults } from '../src/presets.js';
import { graphOf, randomBoards } from './graphs.js';

const pairs: Pairs = {
  width: 2,
  queries: Uint32Array.of(1, 2, 3, 3),
  counts: Uint32Array.of(2, 1),
  items: Uint32Array.of(4, 5),
  boards: Uint32Array.of(0, 1),
};

describe('SharedNegatives', () => {
  it('draws distinct pins outside the batch, in every step others', async () => {
    using graph = await graphOf(randomBoards(20, 100, [2, 9]), 100);
    const source = new SharedNegatives(graph, { shared: 50, distribution: 'uniform' }, 0);
    const first = source.sample(0, pairs);
    expect(new Set(first).size).toBe(50);
    for (const pin of [1, 2, 3, 4, 5]) expect(first).not.toContain(pin);
    expect([...source.sample(0, pairs)]).toEqual([...first]);
    expect([...source.sample(1, pairs)]).not.toEqual([...first]);
    expect(source.probability(7)).toBe(1 / 100);
  });

  it('gives what a small catalogue has', async () => {
    using graph = await graphOf([[0, 1, 2, 3, 4, 5]], 8);
    const drawn = new SharedNegatives(graph, { shared: 50, distribution: 'uniform' }, 0).sample(0, pairs);
    expect([...drawn].sort()).toEqual([0, 6, 7]);
  });

  it('prefers popular pins with distribution: degree', async () => {
    const boards = Array.from({ length: 80 }, (_, i) => [6, 7 + (i % 4)]);
    using graph = await graphOf(boards, 100);
    const source = new SharedNegatives(graph, { shared: 1, distribution: 'degree' }, 0);
    const total = 81 ** 0.75 + 4 * 21 ** 0.75 + 95;
    expect(source.probability(6)).toBeCloseTo(81 ** 0.75 / total, 12);
    expect(source.probability(0)).toBeCloseTo(1 / total, 12);
    let hits = 0;
    for (let step = 0; step < 2000; step++) hits += source.sample(step, pairs)[0] === 6 ? 1 : 0;
    // Draws of the five pins of the batch are drawn again.
    const expected = (2000 * 81 ** 0.75) / (total - 5);
    expect(Math.abs(hits - expected)).toBeLessThan(4 * Math.sqrt(expected));
  });
});

describe('hard negatives', () => {
  it('take the paper’s ranks, and less where the catalogue is small', () => {
    const none = { hardFrom: null, hardTo: null };
    expect(hardBand(none, 10_000_000)).toEqual({ from: 2000, to: 5000 });
    expect(hardBand(none, 69_202)).toEqual({ from: 692, to: 3461 });
    expect(hardBand({ hardFrom: 10, hardTo: 20 }, 100)).toEqual({ from: 10, to: 20 });
    expect(hardBand({ hardFrom: 10, hardTo: 20 }, 15)).toEqual({ from: 10, to: 15 });
    expect(hardBand(none, 4)).toEqual({ from: 0, to: 1 });
  });

  it('are in the band of the query’s PageRank, not on its board, and pad with the item', async () => {
    const boards = randomBoards(60, 120, [4, 12]);
    using graph = await graphOf(boards, 120);
    const batch: Pairs = {
      width: 1,
      queries: Uint32Array.from({ length: 6 }, (_, i) => boards[i][0]),
      counts: new Uint32Array(6).fill(1),
      items: Uint32Array.from({ length: 6 }, (_, i) => boards[i][1]),
      boards: Uint32Array.from({ length: 6 }, (_, i) => i),
    };
    const config = { ...defaults.negatives, hardFrom: 5, hardTo: 25, hardQueries: 4, seed: 0, step: 9 };
    const hard = await hardNegatives(graph, batch, 3, config, {});
    const scores = await graph.pageRank(batch.queries, { tolerance: 1e-9 });
    for (let row = 0; row < 4; row++) {
      const own = [...scores.subarray(row * 120, (row + 1) * 120)];
      const order = own.map((_, pin) => pin).filter((pin) => pin !== batch.queries[row]);
      order.sort((a, b) => own[b] - own[a] || a - b);
      const chosen = [...hard.subarray(row * 3, row * 3 + 3)];
      expect(new Set(chosen).size).toBe(3);
      for (const pin of chosen) {
        expect(order.indexOf(pin)).toBeGreaterThanOrEqual(3);
        expect(order.indexOf(pin)).toBeLessThan(27);
        expect(boards[row]).not.toContain(pin);
      }
    }
    expect([...hard.subarray(12)]).toEqual([
      batch.items[4],
      batch.items[4],
      batch.items[4],
      batch.items[5],
      batch.items[5],
      batch.items[5],
    ]);
    expect([...(await hardNegatives(graph, batch, 3, config, {}))]).toEqual([...hard]);
  });
});

it('masks candidates that are on the row’s board, but for the row’s own', async () => {
  const boards = randomBoards(12, 40, [3, 15]);
  using graph = await graphOf(boards, 40);
  const rows = Uint32Array.of(3, 7, 3, 11, 0);
  const candidates = Uint32Array.of(...[3, 7, 3, 11, 0].map((board) => boards[board][0]), 5, 6, 7, 8, 9, 10, 11);
  const expected = new Set<string>();
  for (const [row, board] of rows.entries()) {
    for (const [column, pin] of candidates.entries()) {
      if (column !== row && boards[board].includes(pin)) expected.add(`${row},${column}`);
    }
  }
  const hits = sameBoard(rows, candidates, graph.arrays);
  const found = Array.from({ length: hits.length / 2 }, (_, i) => `${hits[2 * i]},${hits[2 * i + 1]}`);
  expect(expected.size).toBeGreaterThan(10);
  expect(found.sort()).toEqual([...expected].sort());
});
