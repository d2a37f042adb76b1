import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gatherFeatures } from '@pinsage/native';
import { describe, expect, test } from 'vitest';
import { Dataset, encodeFeatures, type FeatureSpec, importDataset } from '../src/index.js';
import { FILM_COLUMNS, FILMS, importAndOpen, temporaryFolder, writeFiles } from './support.js';

const PEOPLE = [
  'userId,about,age,likes,taste',
  'empty,left out,99,,"[9, 9]"',
  'a,likes the sea,30,x|y,"[1, 0.5]"',
  'b,likes,,y,',
  '',
].join('\n');

const BOARD_FEATURES: FeatureSpec[] = [
  { name: 'about', kind: 'text', buckets: 512 },
  { name: 'likes', kind: 'categories', buckets: 64 },
  { name: 'age', kind: 'number' },
  { name: 'taste', kind: 'dense' },
];

async function people(boardFeatures = BOARD_FEATURES) {
  const folder = temporaryFolder();
  const files = writeFiles(folder, { ...FILMS, 'people.csv': PEOPLE });
  return importAndOpen(folder, {
    ...FILM_COLUMNS,
    edges: files['seen.csv'],
    pins: files['films.csv'],
    boardsFile: files['people.csv'],
    boardFeatures,
  });
}

describe('features of boards', () => {
  test('are those of the boards that edges name, in the order of their rows', async () => {
    const { dataset, report } = await people();
    expect(dataset.boardFeatures.map(({ name, kind, missing }) => [name, kind, missing])).toEqual([
      ['about', 'text', 1],
      ['likes', 'categories', 1],
      ['age', 'number', 2],
      ['taste', 'dense', 2],
    ]);
    expect(report.boardMissing).toEqual({ about: 1, likes: 1, age: 2, taste: 2 });
    expect(report.missing).toEqual({ title: 1, genres: 2, year: 2, vector: 2 });
    // Boards a and b, then c, which only the edges name.
    const sources = dataset.boardFeatures.map((column) => dataset.boardSource(column));
    expect(sources[2]).toMatchObject({ values: Float32Array.of(30, Number.NaN, Number.NaN) });
    expect(sources[3]).toMatchObject({ width: 2, values: Float32Array.of(1, 0.5, 0, 0, 0, 0) });
    // The document frequencies count those three, and not the board that was left out.
    expect(Math.min(...dataset.boardFeatures[0].idf!)).toBeCloseTo(Math.log(4 / 3) + 1, 6);
    const encoded = encodeFeatures(dataset.boardFeatures, [
      { about: 'likes the sea', likes: 'x|y', age: 30, taste: [1, 0.5] },
      { about: 'likes', likes: ['y'] },
      {},
    ]);
    expect(await gatherFeatures(sources, Uint32Array.of(0, 1, 2))).toEqual(encoded);
  });

  test('do not meet features of pins of the same name', async () => {
    const folder = temporaryFolder();
    const files = writeFiles(folder, {
      'e.csv': 'p,b\n1,1\n',
      'p.csv': 'p,name\n1,sea\n',
      'b.csv': 'b,name\n1,land sea\n',
    });
    const { dataset } = await importAndOpen(folder, {
      edges: files['e.csv'],
      pin: 'p',
      board: 'b',
      pins: files['p.csv'],
      features: [{ name: 'name', kind: 'text' }],
      boardsFile: files['b.csv'],
      boardFeatures: [{ name: 'name', kind: 'text' }],
    });
    expect(dataset.source(dataset.features[0])).toMatchObject({ offsets: BigUint64Array.of(0n, 1n) });
    expect(dataset.boardSource(dataset.boardFeatures[0])).toMatchObject({ offsets: BigUint64Array.of(0n, 3n) });
  });

  test('are none by default, without a file of theirs', async () => {
    const { dataset, report } = await people([]);
    expect(dataset.boardFeatures).toEqual([]);
    expect(report.boardMissing).toEqual({});
    expect(existsSync(join(dataset.directory, 'board-features.safetensors'))).toBe(false);
    expect(() => dataset.boardSource(dataset.features[0])).toThrow(
      expect.objectContaining({
        code: 'INVALID_ARGUMENT',
        message: expect.stringContaining('there are no such features'),
      }),
    );
  });

  test('their file is checked as the others are', async () => {
    const { dataset } = await people();
    const path = join(dataset.directory, 'board-features.safetensors');
    const bytes = readFileSync(path);
    bytes[bytes.length - 1] ^= 1;
    writeFileSync(path, bytes);
    await expect(Dataset.open(dataset.directory)).rejects.toMatchObject({ code: 'FILE_CORRUPT' });
  });

  test.each([
    [{ boardFeatures: BOARD_FEATURES }, 'boardFeatures', /none without a boards file/],
    [
      { boardsFile: 'people.csv', boardFeatures: [{ name: 'x', kind: 'text' }] },
      'boardFeatures',
      /no column 'x' \(boardFeatures\)/,
    ],
    [
      { boardsFile: 'people.csv', boardFeatures: [BOARD_FEATURES[0], BOARD_FEATURES[0]] },
      'boardFeatures',
      /each column once/,
    ],
    [
      { boardsFile: 'people.csv', boardFeatures: [{ name: 'about', kind: 'dense' }] },
      'boardFeatures',
      /No row of .*people.csv has a vector in 'about'/,
    ],
  ] as const)('%j is refused', async (options, argument, message) => {
    const folder = temporaryFolder();
    const files = writeFiles(folder, { ...FILMS, 'people.csv': PEOPLE });
    const error = await importDataset({
      edges: files['seen.csv'],
      pin: 'movieId',
      board: 'userId',
      out: join(folder, 'd'),
      ...(options as object),
      ...('boardsFile' in options && { boardsFile: files[options.boardsFile] }),
    }).catch((error) => error);
    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', argument });
    expect(error.message).toMatch(message);
  });
});

test('a dataset of version 1, which knew no features of boards, opens', async () => {
  const { dataset } = await people([]);
  const path = join(dataset.directory, 'manifest.json');
  const { checksum: _, boardFeatures: __, ...manifest } = JSON.parse(readFileSync(path, 'utf8'));
  const old = { ...manifest, version: 1 };
  const checksum = createHash('sha256').update(JSON.stringify(old)).digest('hex');
  writeFileSync(path, JSON.stringify({ ...old, checksum }));
  await using opened = await Dataset.open(dataset.directory);
  expect(opened.manifest.version).toBe(1);
  expect(opened.boardFeatures).toEqual([]);
  expect(opened.features).toEqual(dataset.features);
});
