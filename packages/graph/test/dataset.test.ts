import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { Dataset, importDataset } from '../src/index.js';
import { FILM_COLUMNS, FILMS, importAndOpen, temporaryFolder, writeFiles } from './support.js';

async function films() {
  const folder = temporaryFolder();
  const files = writeFiles(folder, FILMS);
  return importAndOpen(folder, { ...FILM_COLUMNS, edges: files['seen.csv'], pins: files['films.csv'] });
}

describe('looking things up', () => {
  test('rows by ids, which may be given as texts', async () => {
    const { dataset } = await films();
    expect(await dataset.pinRows([99, '10', 12n, 10, 'abc', -1, 2 ** 53, '1e1', ''])).toEqual(
      Int32Array.of(3, 0, 4, 0, -1, -1, -1, -1, -1),
    );
    expect(await dataset.boardRows(['c', 'b', 'B'])).toEqual(Int32Array.of(2, 0, -1));
    expect(await dataset.pinRows([])).toEqual(new Int32Array(0));
    const many = Array.from({ length: 5000 }, (_, i) => i);
    expect(Array.from(await dataset.pinRows(many)).filter((row) => row >= 0)).toHaveLength(5);
  });

  test('what people look at, in the order asked for', async () => {
    const { dataset } = await films();
    expect(await dataset.describePins([2, 0, 2], ['title'])).toEqual([
      { row: 2, id: 3, title: 'Playtime' },
      { row: 0, id: 10, title: 'The Red Shoes' },
      { row: 2, id: 3, title: 'Playtime' },
    ]);
    expect((await dataset.describePins(Uint32Array.of(1)))[0]).toEqual({
      row: 1,
      id: 7,
      title: 'Stalker, a film',
      genres: 'Drama|Sci-Fi',
      year: '1979',
    });
    await expect(dataset.describePins([5])).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', argument: 'rows[0]' });
    await expect(dataset.describePins([0], ['x'])).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      argument: 'columns',
    });
  });

  test('pins by their titles', async () => {
    const { dataset } = await films();
    expect(await dataset.search('SHOES')).toEqual(Uint32Array.of(0));
    expect(await dataset.search('s')).toEqual(Uint32Array.of(1, 3, 0));
    expect(await dataset.search('s', { limit: 1 })).toEqual(Uint32Array.of(1));
    expect(await dataset.search("'; DROP TABLE pins; --")).toEqual(new Uint32Array(0));
    await expect(dataset.search('x', { limit: 0 })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  test('a dataset without titles says so', async () => {
    const folder = temporaryFolder();
    const files = writeFiles(folder, FILMS);
    const { dataset } = await importAndOpen(folder, { edges: files['seen.csv'], pin: 'movieId', board: 'userId' });
    await expect(dataset.search('x')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('features of another name, kind or width are refused by name', async () => {
    const { dataset } = await films();
    const vector = dataset.features.find(({ kind }) => kind === 'dense')!;
    expect(dataset.source(vector)).toMatchObject({ kind: 'dense', width: 3 });
    for (const strange of [{ name: 'sound' }, { kind: 'number' as const }, { width: 4 }]) {
      expect(() => dataset.source({ ...vector, ...strange })).toThrow(
        expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringContaining('vector:dense:3') }),
      );
    }
  });

  test('after close, use throws, and arrays are empty', async () => {
    const { dataset, graph } = await films();
    const source = dataset.source(dataset.features[2]);
    await dataset.close();
    await dataset.close();
    await expect(dataset.pinRows([1])).rejects.toMatchObject({ code: 'CLOSED' });
    await expect(dataset.describePins([0])).rejects.toMatchObject({ code: 'CLOSED' });
    await expect(dataset.graph()).rejects.toMatchObject({ code: 'CLOSED' });
    expect(() => dataset.source(dataset.features[0])).toThrow(expect.objectContaining({ code: 'CLOSED' }));
    expect(() => graph.pinsOf(0)).toThrow(expect.objectContaining({ code: 'CLOSED' }));
    expect(source.kind === 'dense' && source.values.length).toBe(0);
  });
});

describe('directories that are not sound', () => {
  let good: string;
  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'pinsage-dataset-'));
    const files = writeFiles(folder, FILMS);
    good = join(folder, 'd');
    await importDataset({ ...FILM_COLUMNS, edges: files['seen.csv'], pins: files['films.csv'], out: good });
    return () => rmSync(folder, { recursive: true });
  });

  function copy(): string {
    const path = join(temporaryFolder(), 'd');
    cpSync(good, path, { recursive: true });
    return path;
  }

  const files = ['manifest.json', 'graph.safetensors', 'features.safetensors', 'pins.parquet', 'boards.parquet'];

  test.each(files)('%s cut, flipped or gone', async (file) => {
    const path = copy();
    const target = join(path, file);
    const bytes = readFileSync(target);
    for (const length of [0, 10, bytes.length >> 1, bytes.length - 3]) {
      truncateSync(target, length);
      await expect(Dataset.open(path)).rejects.toMatchObject({ code: 'FILE_CORRUPT' });
      writeFileSync(target, bytes);
    }
    for (let i = 0; i < 40; i++) {
      const damaged = Buffer.from(bytes);
      const bit = Math.floor((i / 40) * bytes.length * 8) + (i % 8);
      damaged[bit >> 3] ^= 1 << (bit & 7);
      writeFileSync(target, damaged);
      const error = await Dataset.open(path).then(
        () => expect.fail(`bit ${bit} went unnoticed`),
        (error) => error,
      );
      expect(['FILE_CORRUPT', 'FILE_VERSION']).toContain(error.code);
    }
    rmSync(target);
    await expect(Dataset.open(path)).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
  });

  test('no directory, a file, and a directory of something else', async () => {
    await expect(Dataset.open(join(good, 'none'))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    await expect(Dataset.open(join(good, 'manifest.json'))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    const folder = temporaryFolder();
    await expect(Dataset.open(folder)).rejects.toThrow(/is not a pinsage-dataset: it has no manifest.json/);
    writeFiles(folder, { 'manifest.json': '{"format": "web-app"}' });
    await expect(Dataset.open(folder)).rejects.toThrow(/does not describe a pinsage-dataset/);
    writeFiles(folder, { 'manifest.json': '[]' });
    await expect(Dataset.open(folder)).rejects.toMatchObject({ code: 'FILE_CORRUPT' });
  });

  test('one of a newer version is refused as such', async () => {
    const path = copy();
    const manifest = JSON.parse(readFileSync(join(path, 'manifest.json'), 'utf8'));
    writeFileSync(join(path, 'manifest.json'), JSON.stringify({ ...manifest, version: 3, somethingNew: true }));
    await expect(Dataset.open(path)).rejects.toMatchObject({ code: 'FILE_VERSION', value: 3 });
    await expect(Dataset.open(path)).rejects.toThrow(/has version 3 .* this program knows 2: install a newer one/);
  });

  test('files of another dataset are refused', async () => {
    const path = copy();
    const folder = temporaryFolder();
    const other = writeFiles(folder, { 'e.csv': 'p,b\n1,1\n' });
    await importDataset({ edges: other['e.csv'], pin: 'p', board: 'b', out: join(folder, 'o') });
    cpSync(join(folder, 'o', 'graph.safetensors'), join(path, 'graph.safetensors'));
    await expect(Dataset.open(path)).rejects.toMatchObject({ code: 'FILE_CORRUPT' });
  });

  test('verify reads everything', async () => {
    const path = copy();
    const dataset = await Dataset.open(path);
    await dataset.verify();
    const target = join(path, 'pins.parquet');
    const bytes = readFileSync(target);
    bytes[statSync(target).size >> 1] ^= 1;
    writeFileSync(target, bytes);
    await expect(dataset.verify()).rejects.toMatchObject({ code: 'FILE_CORRUPT' });
    await dataset.close();
  });
});

test('importing twice gives the same files', async () => {
  const folder = temporaryFolder();
  const files = writeFiles(folder, FILMS);
  const checksums = [];
  for (const out of ['1', '2']) {
    await importDataset({
      ...FILM_COLUMNS,
      edges: files['seen.csv'],
      pins: files['films.csv'],
      out: join(folder, out),
    });
    checksums.push(JSON.parse(readFileSync(join(folder, out, 'manifest.json'), 'utf8')).files);
  }
  expect(checksums[1]).toEqual(checksums[0]);
});
