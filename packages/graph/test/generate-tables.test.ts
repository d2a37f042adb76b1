import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gatherFeatures } from '@pinsage/native';
import { expect, it } from 'vitest';
import { Dataset, generateTables, importDataset } from '../src/index.js';
import { temporaryFolder } from './support.js';

const SIZE = { pins: 50_000, boards: 2000, edges: 60_000, vectors: 8, times: true, seed: 3 };

it('makes the same tables of the same seed, and others of another', async () => {
  const folder = temporaryFolder();
  const [a, b, c] = await Promise.all(
    [3, 3, 4].map((seed, i) => generateTables({ ...SIZE, seed, out: join(folder, `${i}`) })),
  );
  for (const file of ['edges', 'pins', 'vectors'] as const) {
    expect(readFileSync(a[file]!).equals(readFileSync(b[file]!))).toBe(true);
    expect(readFileSync(a[file]!).equals(readFileSync(c[file]!))).toBe(false);
  }
});

it('makes boards about topics, with vectors that are near where topics are the same', async () => {
  const folder = temporaryFolder();
  const tables = await generateTables({ ...SIZE, out: join(folder, 'tables') });
  const features = [
    { name: 'topic', kind: 'categories' as const },
    { name: 'vector', kind: 'dense' as const, file: tables.vectors },
  ];
  const columns = { edges: tables.edges, pin: 'pin', board: 'board', time: 'time' };
  await importDataset({ ...columns, pins: tables.pins, features, out: join(folder, 'data') });
  await using dataset = await Dataset.open(join(folder, 'data'));
  expect([dataset.pins, dataset.hasTimes]).toEqual([SIZE.pins, true]);
  expect(dataset.edges).toBeGreaterThan(0.9 * SIZE.edges);
  const graph = await dataset.graph();
  expect(Math.max(...graph.boardDegrees())).toBeGreaterThan((5 * SIZE.edges) / SIZE.boards);

  const board = graph.boardDegrees().findIndex((degree) => degree > 50);
  const rows = [...graph.pinsOf(board)];
  const topics = (await dataset.describePins(rows)).map(({ topic }) => topic);
  const most = Math.max(...topics.map((topic) => topics.filter((other) => other === topic).length));
  expect(most / rows.length).toBeGreaterThan(0.75);

  const vector = dataset.features.find(({ name }) => name === 'vector')!;
  const [gathered] = await gatherFeatures([dataset.source(vector)], Uint32Array.from(rows));
  const of = (row: number) => (gathered as { values: Float32Array }).values.subarray(8 * row, 8 * row + 8);
  const product = (a: number, b: number) => of(a).reduce((sum, value, i) => sum + value * of(b)[i], 0);
  const mean = (same: boolean) => {
    const pairs = rows.flatMap((_, a) =>
      rows.flatMap((_, b) => (a < b && (topics[a] === topics[b]) === same ? [product(a, b)] : [])),
    );
    return pairs.reduce((sum, value) => sum + value, 0) / pairs.length;
  };
  expect(mean(true)).toBeGreaterThan(mean(false) + 0.1);
});

it.each([{ pins: 0 }, { boards: 2 ** 32 }, { edges: 0.5 }, { vectors: 0 }, { seed: -1 }])('refuses %j', async (bad) => {
  const running = generateTables({ ...SIZE, ...bad, out: join(temporaryFolder(), 'x') });
  await expect(running).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
});
