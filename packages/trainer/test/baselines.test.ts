import { rm } from 'node:fs/promises';
import type { Dataset } from '@pinsage/graph';
import type { Graph } from '@pinsage/native';
import { expect, it } from 'vitest';
import { ease } from '../src/baselines/ease.js';
import { createBaseline } from '../src/baselines/index.js';
import { listCount, listOf } from '../src/lists.js';
import { homeTask, relatedTask, type Task } from '../src/tasks.js';
import { communities, openSplit } from './datasets.js';
import { graphOf, randomBoards } from './graphs.js';

const PINS = 50;
const boards = randomBoards(20, PINS, [4, 9], 3);
const trainBoards = boards.map((members) => members.slice(1));
const heldOut = {
  pins: Uint32Array.from(boards, ([pin]) => pin),
  boards: Uint32Array.from(boards.keys()),
};
const sample = { queries: 1000, seed: 0 };
const noDataset = {} as Dataset;
const options = { seed: 0 };

type Matrix = number[][];

/** The inverse, by Gauss and Jordan. */
function inverse(a: Matrix): Matrix {
  const n = a.length;
  const rows = a.map((row, i) => [...row, ...row.map((_, j) => (i === j ? 1 : 0))]);
  for (let column = 0; column < n; column++) {
    const scale = rows[column][column];
    rows[column] = rows[column].map((value) => value / scale);
    for (let row = 0; row < n; row++) {
      const factor = rows[row][column];
      if (row !== column) rows[row] = rows[row].map((value, i) => value - factor * rows[column][i]);
    }
  }
  return rows.map((row) => row.slice(n));
}

/** (Xᵀ X + ridge I)⁻¹ */
function precision(x: Matrix, ridge: number): Matrix {
  const width = x[0].length;
  return inverse(
    Array.from({ length: width }, (_, i) =>
      Array.from({ length: width }, (_, j) => x.reduce((sum, row) => sum + row[i] * row[j], i === j ? ridge : 0)),
    ),
  );
}

const dot = (a: number[], b: number[]) => a.reduce((sum, value, i) => sum + value * b[i], 0);
const indicator = (members: Iterable<number>, width: number) => {
  const held = new Set(members);
  return Array.from({ length: width }, (_, i) => (held.has(i) ? 1 : 0));
};

/** The method's scores of every query against a slow computation's. */
async function compare(
  method: { scores: (task: Task, first: number, end: number, o: { seed: number }) => Promise<Float32Array> },
  task: Task,
  expected: (query: number) => number[],
  digits = 4,
): Promise<void> {
  const end = listCount(task.members);
  const scores = await method.scores(task, 1, end, options);
  for (let query = 1; query < end; query++) {
    const slow = expected(query);
    const own = scores.subarray((query - 1) * slow.length, query * slow.length);
    for (const [pin, score] of own.entries()) expect(score).toBeCloseTo(slow[pin], digits);
  }
}

it('rp3beta', async () => {
  using train = await graphOf(trainBoards, PINS);
  const degrees = [...train.pinDegrees()];
  const task = homeTask(train, heldOut, undefined, sample);
  await compare((await createBaseline('rp3beta', noDataset, train))!, task, (query) =>
    degrees.map((degree, pin) => {
      let sum = 0;
      for (const members of trainBoards) {
        if (!members.includes(pin)) continue;
        for (const q of listOf(task.members, query)) {
          if (members.includes(q)) sum += members.length ** -0.6 * degrees[q] ** -0.6;
        }
      }
      return sum === 0 ? 0 : sum * degree ** -0.3;
    }),
  );
});

it('ppr', async () => {
  using train = await graphOf(trainBoards, PINS);
  const degrees = train.pinDegrees();
  const task = homeTask(train, heldOut, undefined, sample);
  await compare((await createBaseline('ppr', noDataset, train))!, task, (query) => {
    const members = [...listOf(task.members, query)];
    const restart = indicator(members, PINS).map((own) => own / members.length);
    let ranks = restart;
    for (let iteration = 0; iteration < 60; iteration++) {
      const next = restart.map((share) => 0.5 * share);
      for (const board of trainBoards) {
        const mass = board.reduce((sum, pin) => sum + ranks[pin] / degrees[pin], 0);
        for (const pin of board) next[pin] += (0.5 * mass) / board.length;
      }
      ranks = next;
    }
    return ranks;
  });
});

it('ease over pins: a query is a row, its own column left out', async () => {
  using train = await graphOf(trainBoards, PINS);
  const p = precision(
    trainBoards.map((members) => indicator(members, PINS)),
    250,
  );
  const b = p.map((row, i) => row.map((value, j) => (i === j ? 0 : -value / p[j][j])));
  const task = homeTask(train, heldOut, undefined, sample);
  await compare((await createBaseline('ease', noDataset, train))!, task, (query) => {
    const x = indicator(listOf(task.members, query), PINS);
    return x.map((_, pin) => b.reduce((sum, row, i) => sum + x[i] * row[pin], 0));
  });
});

it('ease over boards and content: a board’s column is left out, a list is folded in', async () => {
  const directory = await communities({ pins: 120, boards: 30, communities: 4, size: 8 });
  const { dataset, split } = await openSplit(directory);
  const { train } = split;
  // All boards, and the 40 buckets of words that most pins have.
  const method = (await ease(dataset, train, { maxColumns: train.boards + 40 }))!;
  const source = dataset.source(dataset.features[0]) as { offsets: BigUint64Array; rows: Uint32Array };
  const words = Array.from(
    { length: dataset.pins },
    (_, pin) => new Set(source.rows.subarray(Number(source.offsets[pin]), Number(source.offsets[pin + 1]))),
  );
  const counts = new Map<number, number>();
  for (const own of words) for (const bucket of own) counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
  const kept = [...counts].sort(([a, n], [b, m]) => m - n || a - b).slice(0, 40);
  const x = words.map((own, pin) => [
    ...indicator(train.boardsOf(pin), train.boards),
    ...kept.map(([bucket]) => (own.has(bucket) ? 1 : 0)),
  ]);
  const p = precision(x, 20);
  const home = homeTask(train, split.test, undefined, sample);
  await compare(method, home, (query) => {
    const board = home.boards![query];
    const weights = p[board].map((value, i) => (i === board ? 0 : -value / p[board][board]));
    return x.map((row) => dot(row, weights));
  });
  const related = relatedTask(train, split.test, sample);
  await compare(method, related, (query) => {
    const [pin] = listOf(related.members, query);
    const weights = p.map((row) => dot(row, x[pin]));
    return x.map((row) => dot(row, weights));
  });
  expect(await ease(dataset, train, { maxColumns: train.boards - 1 })).toBeUndefined();
  await split.close();
  await dataset.close();
  await rm(directory, { recursive: true });
});

it('als: a query is folded in as a board of its pins', async () => {
  using train = await graphOf(trainBoards, PINS);
  const factors = await train.implicitAls({ factors: 256, iterations: 15, confidence: 40, regularization: 10 });
  const y = Array.from({ length: PINS }, (_, pin) => [...factors.subarray(pin * 256, (pin + 1) * 256)]);
  const task = homeTask(train, heldOut, undefined, { queries: 3, seed: 0 });
  await compare(
    (await createBaseline('als', noDataset, train))!,
    task,
    (query) => {
      // x = (Yᵀ C Y + λ I)⁻¹ Yᵀ C e, so that Y x = K (K + λ C⁻¹)⁻¹ e with K = Y Yᵀ: pins instead of factors.
      const held = indicator(listOf(task.members, query), PINS);
      const kernel = y.map((row) => y.map((other) => dot(row, other)));
      const solved = inverse(
        kernel.map((row, i) => row.map((value, j) => value + (i === j ? 10 / (1 + 40 * held[i]) : 0))),
      );
      const x = solved.map((row) => dot(row, held));
      return kernel.map((row) => dot(row, x));
    },
    3,
  );
});

it('transitions: what came next, the latest pins first', async () => {
  const times = [
    [10, 20, 30],
    [3, 1, 2],
    [5, 4, 9],
  ];
  // In order of time: 0 1 2, 3 1 0 and 2 0 4.
  const lists = [
    [0, 1, 2],
    [0, 3, 1],
    [0, 2, 4],
  ];
  using train = await graphOf(lists, 6, times);
  const method = (await createBaseline('transitions', noDataset, train))!;
  const next: Record<number, number[]> = { 0: [1, 4], 1: [2, 0], 2: [0], 3: [1], 4: [] };
  const votes = (pins: [number, number][]) => {
    const row = new Array(6).fill(0);
    for (const [pin, weight] of pins) for (const follower of next[pin]) row[follower] += weight / next[pin].length;
    return row;
  };
  const task = homeTask(train, { pins: Uint32Array.of(5, 5, 5), boards: Uint32Array.of(0, 1, 2) }, undefined, sample);
  const scores = await method.scores(task, 0, 3, options);
  const expected = [
    [2, 1, 0],
    [0, 1, 3],
    [4, 0, 2],
  ].map((latest) => votes(latest.map((pin, age) => [pin, 2 ** -age])));
  expect([...scores]).toEqual(expected.flat());
  const list = { ...task, boards: undefined };
  expect([...(await method.scores(list, 1, 2, options))]).toEqual(
    votes([
      [0, 1],
      [1, 1],
      [3, 1],
    ]),
  );
  using timeless: Graph = await graphOf(lists, 6);
  expect(await createBaseline('transitions', noDataset, timeless)).toBeUndefined();
});
