import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gatherFeatures } from '@pinsage/native';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  Dataset,
  encodeFeatures,
  type FeatureSpec,
  type ImportOptions,
  type Revision,
  reviseDataset,
} from '../src/index.js';
import { keptRows, placeOf } from '../src/kept-rows.js';
import { externalEdges, importAndOpen, temporaryFolder, writeFiles } from './support.js';

const PINS = [
  {
    id: 10,
    title: 'The Red Shoes',
    genres: 'Drama|Music',
    year: 1948,
    seen: true,
    day: '1948-09-06',
    tags: ['a', 'b'],
    vector: [1, 0, 0.5],
  },
  {
    id: 7,
    title: 'Stalker, a film',
    genres: 'Drama|Sci-Fi',
    year: 1979,
    seen: null,
    day: null,
    tags: null,
    vector: [0, 1, -2],
  },
  { id: 3, title: 'Playtime', genres: null, year: null, seen: false, day: '1967-12-16', tags: [], vector: null },
  { id: 99, title: null, genres: 'Comedy', year: 1900, seen: null, day: null, tags: ['c'], vector: [3, 3, 3] },
];
const FEATURES: FeatureSpec[] = [
  { name: 'title', kind: 'text', buckets: 128 },
  { name: 'genres', kind: 'categories', buckets: 64 },
  { name: 'year', kind: 'number' },
  { name: 'vector', kind: 'dense', store: 'i8' },
];
const EDGES = ['pin,board,weight,time', '3,b,1,300', '10,a,2,100', '7,a,0.5,200', '10,b,3,150', '7,c,4,50', ''].join(
  '\n',
);
const BOARDS = ['board,kind,about', 'a,list,sea', 'b,user,night', 'c,user,', ''].join('\n');

async function films(options: Partial<ImportOptions> = {}) {
  const folder = temporaryFolder();
  const lines = PINS.map((pin) => JSON.stringify(pin)).join('\n');
  const files = writeFiles(folder, { 'pins.jsonl': lines, 'edges.csv': EDGES, 'boards.csv': BOARDS });
  const columns = {
    seen: 'BOOLEAN',
    day: 'DATE',
    tags: 'VARCHAR[]',
    vector: 'FLOAT[]',
    id: 'BIGINT',
    year: 'BIGINT',
    title: 'VARCHAR',
    genres: 'VARCHAR',
  };
  const types = Object.entries(columns).map(([name, type]) => `${name}: '${type}'`);
  const { dataset } = await importAndOpen(folder, {
    edges: files['edges.csv'],
    pin: 'pin',
    board: 'board',
    weight: 'weight',
    time: 'time',
    pins: `SELECT * FROM read_json('${files['pins.jsonl']}', columns={${types.join(', ')}})`,
    pinId: 'id',
    features: FEATURES,
    boardsFile: files['boards.csv'],
    boardType: 'kind',
    boardFeatures: [{ name: 'about', kind: 'text', buckets: 16 }],
    ...options,
  });
  return { folder, dataset };
}

async function revise({ folder, dataset }: { folder: string; dataset: Dataset }, revision: Partial<Revision>) {
  const out = join(folder, 'revised');
  const none = { removed: [], pins: [], boards: [], edges: { pins: [], boards: [] } };
  await reviseDataset(dataset, { ...none, ...revision }, out);
  const revised = await Dataset.open(out);
  onTestFinished(() => revised.close());
  await revised.verify();
  return revised;
}

const features = (dataset: Dataset, rows: number[]) =>
  gatherFeatures(
    dataset.features.map((column) => dataset.source(column)),
    Uint32Array.from(rows),
  );

const ADDED = [
  {
    id: '5',
    features: { title: 'Red night', genres: ['Drama', 'Music'], year: 2001, vector: [0.1, 0.7, 9] },
    columns: {
      title: 'Red night',
      genres: 'Drama|Music',
      year: 2001,
      seen: true,
      day: '2001-02-03',
      tags: ['x', "y'"],
    },
  },
  { id: 2n ** 53n + 1n, features: {}, columns: {} },
];

describe('reviseDataset', () => {
  test('writes the same dataset when nothing changes', async () => {
    const given = await films();
    const { dataset } = given;
    const revised = await revise(given, {});
    const rows = [0, 1, 2, 3];
    expect(await features(revised, rows)).toEqual(await features(dataset, rows));
    expect(await revised.describePins(rows)).toEqual(await dataset.describePins(rows));
    expect(await revised.describeBoards([0, 1, 2])).toEqual(await dataset.describeBoards([0, 1, 2]));
    expect((await revised.graph()).arrays).toEqual((await dataset.graph()).arrays);
    const { created: _, files: _files, ...manifest } = revised.manifest;
    expect(dataset.manifest).toMatchObject(manifest);
    expect(readdirSync(revised.directory).sort()).toEqual(readdirSync(dataset.directory).sort());
  });

  test('removes pins and adds pins, boards and edges', async () => {
    const given = await films();
    const { dataset } = given;
    const revised = await revise(given, {
      removed: [1],
      pins: ADDED,
      boards: ['d', 'e'],
      edges: { pins: [0, 4, 4, 3], boards: [2, 0, 3, 4] },
    });
    expect(await features(revised, [0, 1, 2])).toEqual(await features(dataset, [0, 2, 3]));
    expect(await features(revised, [3, 4])).toEqual(
      encodeFeatures(
        dataset.features,
        ADDED.map(({ features }) => features),
      ),
    );
    const old = await dataset.describePins([0, 2, 3]);
    const added = await revised.describePins([3, 4]);
    expect(await revised.describePins([0, 1, 2])).toEqual(old.map((pin, row) => ({ ...pin, row })));
    const day = new Date('2001-02-03');
    expect(added[0]).toEqual({ row: 3, id: 5, ...ADDED[0].columns, day });
    expect(added[1]).toMatchObject({ row: 4, id: 2n ** 53n + 1n, title: null, year: null, seen: null, tags: null });
    expect(await externalEdges(revised)).toEqual(['10-a', '10-b', '10-c', '3-b', '5-a', '5-d', '99-e'].sort());
    expect(revised.manifest.counts).toEqual({ pins: 5, boards: 5, edges: 7, pinsWithoutEdges: 1 });
    expect(revised.boardFeatures.map(({ missing }) => missing)).toEqual([3]);
    expect(revised.features.map(({ name, missing }) => [name, missing])).toEqual([
      ['title', 2],
      ['genres', 2],
      ['year', 2],
      ['vector', 2],
    ]);
    expect(revised.features.map(({ idf, statistics }) => [idf, statistics])).toEqual(
      dataset.features.map(({ idf, statistics }) => [idf, statistics]),
    );
  });

  test('gives new edges the weight 1 and the latest time, and new boards the most frequent type', async () => {
    const given = await films();
    const revised = await revise(given, { boards: ['d'], edges: { pins: [3], boards: [3] } });
    const { arrays } = await revised.graph();
    expect([arrays.pinWeights!.at(-1), arrays.times!.at(-1)]).toEqual([1, 300n]);
    expect([...arrays.boardTypes!].map((type) => revised.boardTypes[type])).toEqual(['list', 'user', 'user', 'user']);
    expect(revised.manifest.boardTypes).toContainEqual({ name: 'user', boards: 3 });
  });

  test('leaves nothing behind when it is stopped', async () => {
    const { folder, dataset } = await films();
    const revision = { removed: [], pins: [], boards: [], edges: { pins: [], boards: [] } };
    const out = join(folder, 'revised');
    const stopped = reviseDataset(dataset, revision, out, { signal: AbortSignal.abort() });
    await expect(stopped).rejects.toMatchObject({ code: 'ABORTED' });
    expect(existsSync(out)).toBe(false);
    expect(readdirSync(folder).filter((name) => name.includes('revised'))).toEqual([]);
  });
});

test('rows that are kept close up, also across pieces', () => {
  const removed = [0, 5, 6, 70_000, 199_999];
  const kept = keptRows(200_000, removed);
  const rows = Array.from({ length: 200_000 }, (_, row) => row).filter((row) => !removed.includes(row));
  expect(rows.every((row, place) => placeOf(kept, row) === place)).toBe(true);
});
