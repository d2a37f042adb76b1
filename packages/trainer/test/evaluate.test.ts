import type { Dataset } from '@pinsage/graph';
import { type Edges, Graph } from '@pinsage/native';
import { describe, expect, it } from 'vitest';
import { createBaseline } from '../src/baselines/index.js';
import { EmbeddingMethod } from '../src/embedding-method.js';
import { evaluate } from '../src/evaluate.js';
import { formatEvaluation } from '../src/format.js';
import { listCount, listOf } from '../src/lists.js';
import { coldTask, homeTask, nextTask, relatedTask, type Task } from '../src/tasks.js';
import { graphOf, randomBoards } from './graphs.js';

const PINS = 60;
const boards = randomBoards(25, PINS - 5, [3, 12]);
const heldOut: Edges = edgesOf(boards.map((members) => members.slice(0, 1)));
const known: Edges = edgesOf(boards.map((members) => members.slice(1, 2)));
const trainBoards = boards.map((members) => members.slice(2));
const cold: Edges = edgesOf([[PINS - 1], [PINS - 1], [PINS - 2]]);
const all = { queries: 1000, seed: 0 };
const noDataset = {} as Dataset;

function edgesOf(lists: number[][]): Edges {
  const edges = lists.flatMap((pins, board) => pins.map((pin) => ({ pin, board })));
  return { pins: Uint32Array.from(edges, (edge) => edge.pin), boards: Uint32Array.from(edges, (edge) => edge.board) };
}

/** Ranks by sorting: score of every pin for every query → rank of every target. */
function ranksOf(task: Task, score: (members: number[], pin: number) => number): number[] {
  const ranks: number[] = [];
  for (let query = 0; query < listCount(task.members); query++) {
    const exclude = new Set(listOf(task.exclude, query));
    const members = [...listOf(task.members, query)];
    const scores = Array.from({ length: PINS }, (_, pin) => score(members, pin));
    const order = [...scores.keys()].filter((pin) => !exclude.has(pin) && (task.allowed?.[pin] ?? 1) === 1);
    order.sort((a, b) => scores[b] - scores[a] || a - b);
    ranks.push(...Array.from(listOf(task.targets, query), (pin) => order.indexOf(pin) + 1));
  }
  return ranks;
}

describe('tasks', () => {
  it('home asks a board’s training pins for its held-out ones', async () => {
    using train = await graphOf(trainBoards, PINS);
    const task = homeTask(train, heldOut, known, all);
    expect(task.available).toBe(25);
    for (const board of [0, 11, 24]) {
      expect([...listOf(task.members, board)]).toEqual([...trainBoards[board]].sort((a, b) => a - b));
      expect([...listOf(task.targets, board)]).toEqual([boards[board][0]]);
      expect(new Set(listOf(task.exclude, board))).toEqual(new Set(boards[board].slice(1)));
    }
  });

  it('samples queries, the same ones for a seed', async () => {
    using train = await graphOf(trainBoards, PINS);
    const sample = (seed: number) => homeTask(train, heldOut, known, { queries: 10, seed });
    expect(listCount(sample(1).members)).toBe(10);
    expect(sample(1)).toEqual(sample(1));
    expect(sample(1).targets).not.toEqual(sample(2).targets);
    expect(sample(1).available).toBe(25);
  });

  it('related asks one training pin of the board for one held-out pin', async () => {
    using train = await graphOf(trainBoards, PINS);
    const task = relatedTask(train, heldOut, all);
    for (let query = 0; query < 25; query++) {
      const [pin] = listOf(task.members, query);
      expect(trainBoards[query]).toContain(pin);
      expect([...listOf(task.targets, query)]).toEqual([boards[query][0]]);
    }
  });

  it('next asks a board’s latest training pins for the one that came next', async () => {
    // Times of few values, so that there are ties: the larger pin is then the later one.
    const timed = randomBoards(40, PINS, [3, 12], 7).map((members, board) =>
      members
        .map((pin) => ({ pin, board, time: (pin * 7 + board) % 5 }))
        .sort((a, b) => a.time - b.time || a.pin - b.pin),
    );
    const edges = (parts: (typeof timed)[number]): Edges => ({
      pins: Uint32Array.from(parts, ({ pin }) => pin),
      boards: Uint32Array.from(parts, ({ board }) => board),
      times: BigInt64Array.from(parts, ({ time }) => BigInt(time)),
    });
    using train = await Graph.fromEdges(edges(timed.flatMap((members) => members.slice(0, -2))), {
      pins: PINS,
      boards: 40,
    });
    const validation = edges(timed.flatMap((members) => members.slice(-2, -1)));
    const test = edges(timed.flatMap((members) => members.slice(-1)));
    for (const latest of [1, 3]) {
      const asked = nextTask(train, test, validation, all, latest)!;
      const watched = nextTask(train, edges(timed.flatMap((members) => members.slice(-2))), undefined, all, latest)!;
      expect([asked.available, watched.available]).toEqual([40, 40]);
      for (const [board, members] of timed.entries()) {
        const pins = members.map(({ pin }) => pin);
        const known = pins.slice(0, -2);
        for (const task of [asked, watched]) expect([...listOf(task.members, board)]).toEqual(known.slice(-latest));
        expect([...listOf(asked.targets, board)]).toEqual(pins.slice(-1));
        expect(new Set(listOf(asked.exclude, board))).toEqual(new Set(pins.slice(0, -1)));
        expect([...listOf(watched.targets, board)]).toEqual(pins.slice(-2, -1));
        expect(new Set(listOf(watched.exclude, board))).toEqual(new Set(known));
      }
    }
    const { tasks } = await evaluate(
      undefined,
      { dataset: noDataset, train, test, validation },
      { baselines: ['itemknn'] },
    );
    expect(tasks.map(({ task }) => task)).toEqual(['home', 'related', 'next']);
  });

  it('next is not asked where edges are not split by time, or have none', async () => {
    using train = await graphOf([[0, 1, 2]], 6, [[10, 20, 30]]);
    const later = (time: bigint) => ({ ...edgesOf([[3]]), times: BigInt64Array.of(time) });
    expect(nextTask(train, later(29n), undefined, all)).toBeUndefined();
    expect(nextTask(train, later(30n), undefined, all)?.available).toBe(1);
    expect(nextTask(train, edgesOf([[3]]), undefined, all)).toBeUndefined();
    using timeless = await graphOf([[0, 1, 2]], 6);
    expect(nextTask(timeless, later(30n), undefined, all)).toBeUndefined();
  });

  it('cold asks a new pin for the warm pins of its small boards', async () => {
    using train = await graphOf(trainBoards, PINS);
    const task = coldTask(train, cold, all, 9)!;
    const small = [0, 1, 2].map((board) => (trainBoards[board].length <= 9 ? trainBoards[board] : []));
    expect([...task.members.ids]).toEqual([PINS - 2, PINS - 1]);
    expect(new Set(listOf(task.targets, 0))).toEqual(new Set(small[2]));
    expect(new Set(listOf(task.targets, 1))).toEqual(new Set([...small[0], ...small[1]]));
    const warm = new Set(trainBoards.flat());
    expect([...task.allowed!.keys()].filter((pin) => task.allowed![pin] === 1)).toEqual(
      [...warm].sort((a, b) => a - b),
    );
    expect(coldTask(train, cold, all, 0)).toBeUndefined();
  });
});

describe('baselines rank as a slow computation does', () => {
  const boardSets = (pin: number) => trainBoards.flatMap((members, board) => (members.includes(pin) ? [board] : []));
  const scores: Record<string, (members: number[], pin: number) => number> = {
    popularity: (_, pin) => boardSets(pin).length,
    itemknn: (members, pin) => {
      const own = boardSets(pin);
      return members.reduce((sum, member) => {
        const theirs = boardSets(member);
        const common = own.filter((board) => theirs.includes(board)).length;
        return common === 0 ? sum : sum + common / Math.sqrt(own.length * theirs.length);
      }, 0);
    },
    boardknn: (members, pin) =>
      boardSets(pin).reduce((sum, board) => {
        const common = trainBoards[board].filter((other) => members.includes(other)).length;
        return sum + common / Math.sqrt(trainBoards[board].length);
      }, 0),
  };

  it.each(Object.keys(scores))('%s', async (name) => {
    using train = await graphOf(trainBoards, PINS);
    const method = (await createBaseline(name as never, noDataset, train))!;
    const task = homeTask(train, heldOut, known, all);
    const { ranks, top } = await method.rank(task, { top: 20, seed: 0 });
    const expected = ranksOf(task, scores[name]);
    // Sums in another order may swap near-ties.
    const differing = [...ranks].filter((rank, i) => Math.abs(rank - expected[i]) > 2).length;
    expect(differing).toBe(0);
    expect([...ranks].filter((rank, i) => rank !== expected[i]).length).toBeLessThan(3);
    expect(top.length).toBe(25 * 20);
  });

  it('walk finds what is near in the graph', async () => {
    // Two communities that share no board.
    const split = randomBoards(80, 30, [5, 8]).map((members, i) => members.map((pin) => (i % 2) * 30 + pin));
    using train = await graphOf(
      split.map((members) => members.slice(1)),
      PINS,
    );
    const method = (await createBaseline('walk', noDataset, train))!;
    const task = homeTask(train, edgesOf(split.map((members) => members.slice(0, 1))), undefined, all);
    const { ranks } = await method.rank(task, { top: 20, seed: 0 });
    expect(Math.max(...ranks)).toBeLessThanOrEqual(30);
    expect([...(await method.rank(task, { top: 20, seed: 0 })).ranks]).toEqual([...ranks]);
  });
});

it('embeddings: the mean of the members against all pins', async () => {
  using train = await graphOf(trainBoards, PINS);
  const vectors = Float32Array.from({ length: PINS * 3 }, (_, i) => Math.sin(i * i + 1));
  const task = homeTask(train, heldOut, known, all);
  const { ranks } = await new EmbeddingMethod('e', vectors, 3).rank(task, { top: 5, seed: 0 });
  const dot = (a: number, b: number) => [0, 1, 2].reduce((sum, i) => sum + vectors[a * 3 + i] * vectors[b * 3 + i], 0);
  expect([...ranks]).toEqual(
    ranksOf(task, (members, pin) => members.reduce((sum, member) => sum + dot(member, pin), 0)),
  );
});

describe('evaluate', () => {
  const data = (train: Awaited<ReturnType<typeof graphOf>>) => ({
    dataset: noDataset,
    train,
    test: heldOut,
    validation: known,
    coldEdges: cold,
  });
  const baselines = ['popularity', 'itemknn'] as const;

  it('measures every method on every task, with intervals around the means', async () => {
    using train = await graphOf(trainBoards, PINS);
    const vectors = Float32Array.from({ length: PINS * 4 }, (_, i) => Math.cos(i * i));
    const result = await evaluate({ vectors, width: 4 }, data(train), { baselines: [...baselines], resamples: 100 });
    expect(result.tasks.map((task) => task.task)).toEqual(['home', 'related', 'cold']);
    for (const task of result.tasks) {
      expect(task.methods.map((method) => method.method)).toEqual(['pinsage', ...baselines]);
      for (const { metrics } of task.methods) {
        for (const { mean, low, high } of Object.values(metrics)) {
          expect(low).toBeLessThanOrEqual(mean);
          expect(high).toBeGreaterThanOrEqual(mean);
        }
      }
    }
    const popularity = result.tasks[0].methods[1];
    const task = homeTask(train, heldOut, known, { queries: 2000, seed: 0 });
    const ranks = ranksOf(task, (_, pin) => trainBoards.filter((members) => members.includes(pin)).length);
    expect(popularity.metrics['recall@20'].mean).toBeCloseTo(ranks.filter((rank) => rank <= 20).length / 25, 12);
    expect(popularity.metrics.mrr.mean).toBe(1);
    const text = formatEvaluation(result);
    expect(text).toContain('home: a board’s pins → its held-out pins (25 queries, 60 candidates)');
    expect(text.split('\n').filter((line) => line.startsWith('popularity')).length).toBe(3);
  });

  it('refuses embeddings of another catalogue', async () => {
    using train = await graphOf(trainBoards, PINS);
    const result = evaluate({ vectors: new Float32Array(8), width: 4 }, data(train), { baselines: [] });
    await expect(result).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', argument: 'embeddings.vectors' });
  });

  it('refuses tasks and baselines that do not exist, and edges of other pins and boards', async () => {
    using train = await graphOf(trainBoards, PINS);
    const refused = (options: object, changes: object = {}) =>
      expect(evaluate(undefined, { ...data(train), ...changes }, options)).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
      });
    await refused({ tasks: ['luck'], baselines: [] });
    await refused({ baselines: ['luck'] });
    const baselines = ['popularity'];
    await refused({ baselines }, { test: { pins: Uint32Array.of(PINS), boards: Uint32Array.of(0) } });
    await refused({ baselines }, { test: { pins: Uint32Array.of(0), boards: Uint32Array.of(99_999) } });
  });
});
