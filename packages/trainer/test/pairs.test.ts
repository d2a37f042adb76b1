import { fold } from '@pinsage/native';
import { describe, expect, it } from 'vitest';
import { BoardPairs, type BoardPairsConfig } from '../src/board-pairs.js';
import { GivenPairs } from '../src/given-pairs.js';
import type { Pairs } from '../src/pairs.js';
import { graphOf, randomBoards } from './graphs.js';

const config: BoardPairsConfig = {
  setQuery: 3,
  boardPower: 0.5,
  supervision: 'target',
  folds: 5,
  timeOrder: 'any',
  timeWindow: null,
  seed: 4,
};

function queryOf(pairs: Pairs, row: number): number[] {
  return [...pairs.queries.subarray(row * pairs.width, row * pairs.width + pairs.counts[row])];
}

describe('BoardPairs', () => {
  const boards = randomBoards(40, 200, [2, 30]);

  it('draws distinct pins of one board, padded with the query’s first', async () => {
    using graph = await graphOf(boards, 200);
    const pairs = new BoardPairs(graph, config).sample(2, 500);
    for (let row = 0; row < 500; row++) {
      const members = boards[pairs.boards![row]];
      const all = [...queryOf(pairs, row), pairs.items[row]];
      expect(new Set(all).size).toBe(all.length);
      expect(all.every((pin) => members.includes(pin))).toBe(true);
      expect(pairs.counts[row]).toBe(Math.min(3, members.length - 1));
      const padding = pairs.queries.subarray(row * 3 + pairs.counts[row], row * 3 + 3);
      expect(padding.every((pin) => pin === pairs.queries[row * 3])).toBe(true);
    }
  });

  it('takes the item from the step’s fold and the query from the others where the board has them', async () => {
    using graph = await graphOf(boards, 200);
    const source = new BoardPairs(graph, config);
    for (const step of [0, 3, 8]) {
      const pairs = source.sample(step, 300);
      expect(source.heldOut(step)).toEqual({ folds: 5, fold: step % 5 });
      for (let row = 0; row < 300; row++) {
        const board = pairs.boards![row];
        const inFold = (pin: number) => fold(pin, board, 5) === step % 5;
        expect(inFold(pairs.items[row])).toBe(true);
        const outside = boards[board].filter((pin) => !inFold(pin)).length;
        const fromOutside = queryOf(pairs, row).filter((pin) => !inFold(pin)).length;
        expect(fromOutside).toBe(Math.min(outside, pairs.counts[row]));
      }
    }
  });

  it('takes all pins from the fold with supervision: both', async () => {
    using graph = await graphOf(boards, 200);
    const pairs = new BoardPairs(graph, { ...config, supervision: 'both', folds: 3 }).sample(1, 300);
    for (let row = 0; row < 300; row++) {
      const all = [...queryOf(pairs, row), pairs.items[row]];
      expect(all.length).toBeGreaterThan(1);
      expect(all.every((pin) => fold(pin, pairs.boards![row], 3) === 1)).toBe(true);
    }
  });

  it('is the same for the same step and seed only', async () => {
    using graph = await graphOf(boards, 200);
    const sample = (seed: number, step: number) => [
      ...new BoardPairs(graph, { ...config, seed }).sample(step, 50).items,
    ];
    expect(sample(4, 6)).toEqual(sample(4, 6));
    expect(sample(4, 6)).not.toEqual(sample(5, 6));
    expect(sample(4, 6)).not.toEqual(sample(4, 11));
  });

  it.each([0, 0.5, 1])(
    'draws boards in proportion to size^%d, and items as itemProbability says',
    async (boardPower) => {
      const uneven = [[0, 1], [2, 3, 4, 5, 6, 7, 8, 9], [10, 11, 12, 13], [14]];
      using graph = await graphOf(uneven, 16);
      const source = new BoardPairs(graph, { ...config, folds: 1, boardPower });
      const n = 20_000;
      const pairs = source.sample(0, n);
      const total = 2 ** boardPower + 8 ** boardPower + 4 ** boardPower;
      for (const [board, size] of [
        [0, 2],
        [1, 8],
        [2, 4],
      ]) {
        const drawn = pairs.boards!.filter((drawnBoard) => drawnBoard === board).length;
        const p = size ** boardPower / total;
        expect(Math.abs(drawn / n - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / n));
        expect(source.itemProbability[uneven[board][0]]).toBeCloseTo(p / size, 12);
      }
      expect(source.itemProbability.reduce((a, b) => a + b)).toBeCloseTo(1, 12);
      expect(source.itemProbability[14]).toBe(0);
    },
  );

  it('with times: the query’s pins are earlier, within the window', async () => {
    const board = [5, 3, 8, 1, 9, 2];
    const times = [10, 20, 30, 40, 90, 95];
    using graph = await graphOf([board], 10, [times]);
    const timeOf = (pin: number) => times[board.indexOf(pin)];
    const pairs = new BoardPairs(graph, { ...config, folds: 1, timeWindow: 20 }).sample(0, 400);
    const seen = new Set<number>();
    for (let row = 0; row < 400; row++) {
      seen.add(pairs.items[row]);
      for (const pin of queryOf(pairs, row)) {
        const age = timeOf(pairs.items[row]) - timeOf(pin);
        expect(age).toBeGreaterThan(0);
        expect(age).toBeLessThanOrEqual(20);
      }
    }
    // 5 is first, 9 comes 50 after the one before: they have nothing to be found from.
    expect([...seen].sort()).toEqual([1, 2, 3, 8]);
  });

  it('with times: earlier pins without a window, or the ones right before the item', async () => {
    const board = [5, 3, 8, 1, 9, 2];
    const times = [10, 20, 30, 40, 90, 95];
    using graph = await graphOf([board], 10, [times]);
    const draw = (options: Partial<BoardPairsConfig>) =>
      new BoardPairs(graph, { ...config, folds: 1, ...options }).sample(0, 400);
    const [earlier, previous] = [draw({ timeOrder: 'earlier' }), draw({ timeOrder: 'previous' })];
    const near = draw({ timeOrder: 'previous', timeWindow: 15 });
    for (let row = 0; row < 400; row++) {
      const before = (pairs: Pairs) => board.slice(0, board.indexOf(pairs.items[row]));
      expect(before(earlier)).toEqual(expect.arrayContaining(queryOf(earlier, row)));
      expect(earlier.counts[row]).toBe(Math.min(3, before(earlier).length));
      expect(queryOf(previous, row)).toEqual(before(previous).slice(-3).reverse());
      const item = board.indexOf(near.items[row]);
      expect(times[item] - times[item - 1]).toBeLessThanOrEqual(15);
      expect(queryOf(near, row)).toEqual([board[item - 1]]);
    }
    expect(new Set(previous.items)).toEqual(new Set(board.slice(1)));
  });

  it('takes the previous pins of the fold with supervision: both', async () => {
    using graph = await graphOf(
      boards,
      200,
      boards.map((members) => members.map((_, i) => i)),
    );
    const options = { ...config, folds: 3, timeOrder: 'previous', supervision: 'both' } as const;
    const pairs = new BoardPairs(graph, options).sample(1, 300);
    for (let row = 0; row < 300; row++) {
      const members = boards[pairs.boards![row]].filter((pin) => fold(pin, pairs.boards![row], 3) === 1);
      expect(queryOf(pairs, row)).toEqual(members.slice(0, members.indexOf(pairs.items[row])).slice(-3).reverse());
    }
  });

  it('says what is wrong with a graph that has no pairs', async () => {
    using lonely = await graphOf([[0], [1]], 2);
    expect(() => new BoardPairs(lonely, config)).toThrow(/two pins/);
    using graph = await graphOf([[0, 1]], 2);
    expect(() => new BoardPairs(graph, { ...config, timeWindow: 1 })).toThrow(/timeWindow/);
    expect(() => new BoardPairs(graph, { ...config, timeOrder: 'previous' })).toThrow(
      /timeOrder is 'previous'; allowed: 'any'/,
    );
    const folds = 1000;
    const step = (fold(0, 0, folds) + 1) % folds === fold(1, 0, folds) ? fold(0, 0, folds) + 2 : fold(0, 0, folds) + 1;
    expect(() => new BoardPairs(graph, { ...config, folds }).sample(step, 1)).toThrow(/fewer folds/);
  });
});

describe('GivenPairs', () => {
  it('draws the given pairs and holds nothing out', () => {
    const source = new GivenPairs({ queries: Uint32Array.of(1, 2, 3), items: Uint32Array.of(4, 5, 5) }, 6, 0);
    const pairs = source.sample(0, 60);
    const seen = new Set([...pairs.items].map((item, row) => `${pairs.queries[row]}-${item}`));
    expect([...seen].sort()).toEqual(['1-4', '2-5', '3-5']);
    expect([...source.itemProbability].map((p) => Math.round(p * 3))).toEqual([0, 0, 0, 0, 1, 2]);
    expect([source.heldOut(), source.before()]).toEqual([undefined, undefined]);
  });

  it('refuses pins that are not there', () => {
    const pairs = { queries: Uint32Array.of(1), items: Uint32Array.of(6) };
    expect(() => new GivenPairs(pairs, 6, 0)).toThrow(/pairs.items is 6/);
    expect(() => new GivenPairs({ ...pairs, queries: new Uint32Array(0) }, 6, 0)).toThrow(/pairs.items/);
  });
});
