import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Dataset, type ExternalId, importDataset } from '@pinsage/graph';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { IntegerIds, TextIds } from '../src/serving/id-columns.js';
import { IdMap } from '../src/serving/id-map.js';

const texts = ['a', '', 'ä', '日本', '𝄞', 'a b', "o'hara", '../x', '7', '07', 'x'.repeat(5000)];
const integers = [
  0n,
  7n,
  -7n,
  2n ** 31n,
  -(2n ** 31n),
  2n ** 53n - 1n,
  2n ** 53n,
  2n ** 63n - 1n,
  -(2n ** 63n),
  12345678901n,
];

function textIds(ids: string[]): TextIds {
  const ends = ids.map((_, i) => BigInt(Buffer.byteLength(ids.slice(0, i + 1).join(''))));
  return new TextIds(BigUint64Array.of(0n, ...ends), Buffer.from(ids.join('')));
}

describe('columns of ids', () => {
  it('finds every text by itself alone', () => {
    const ids = textIds(texts);
    expect(texts.map((id) => ids.rowOf(id))).toEqual([...texts.keys()]);
    expect(texts.map((_, row) => ids.idOf(row))).toEqual(texts);
    expect(['b', 'ab', 'A', '日', 'x'.repeat(4999), 70].map((id) => ids.rowOf(id))).toEqual(Array(6).fill(-1));
    expect(ids.rowOf(7)).toBe(8);
  });

  it('finds every integer, given as a number, a bigint or its text', () => {
    const ids = new IntegerIds(BigInt64Array.from(integers));
    expect(integers.map((id) => ids.rowOf(id))).toEqual([...integers.keys()]);
    expect(integers.map((id) => ids.rowOf(String(id)))).toEqual([...integers.keys()]);
    expect(integers.map((_, row) => BigInt(ids.idOf(row)))).toEqual(integers);
    expect([ids.rowOf(-7), ids.rowOf(7), ids.rowOf(12345678901)]).toEqual([2, 1, 9]);
    const strange: ExternalId[] = [
      '07',
      '7.0',
      '1e1',
      '',
      '-0',
      ' 7',
      7.5,
      Number.NaN,
      2n ** 64n,
      2n ** 64n + 7n,
      8,
      '9'.repeat(40),
    ];
    for (const id of strange) expect(ids.rowOf(id), String(id)).toBe(-1);
  });

  it('finds each of many ids', () => {
    const many = Array.from({ length: 20_000 }, (_, i) => BigInt(i) * 4096n);
    const ids = new IntegerIds(BigInt64Array.from(many));
    expect(many.findIndex((id, row) => ids.rowOf(id) !== row)).toBe(-1);
    const names = many.slice(0, 2000).map((id) => `pin-${id}`);
    const named = textIds(names);
    expect(names.findIndex((id, row) => named.rowOf(id) !== row || named.idOf(row) !== id)).toBe(-1);
    expect(named.rowOf('pin-1')).toBe(-1);
  });

  it('ends on a table that is damaged', () => {
    const full = new Uint32Array(4).fill(1);
    expect(new IntegerIds(BigInt64Array.of(5n, 6n), full).rowOf(6)).toBe(-1);
    const outside = new Uint32Array(4).fill(900);
    expect(new TextIds(BigUint64Array.of(0n, 1n), Buffer.from('a'), outside).rowOf('a')).toBe(-1);
  });
});

describe('IdMap', () => {
  let folder: string;
  let path: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pinsage-ids-'));
    path = join(folder, 'data', 'ids.safetensors');
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function importEdges(pins: string): Promise<Dataset> {
    const edges = `SELECT unnest(${pins}) AS pin, 42 AS board`;
    await importDataset({ edges, pin: 'pin', board: 'board', out: join(folder, 'data'), force: true });
    return Dataset.open(join(folder, 'data'));
  }

  async function open(dataset: Dataset) {
    const warnings: string[] = [];
    const map = await IdMap.open(dataset, (message) => warnings.push(message));
    return { map, warnings };
  }

  it('agrees with the dataset, is written once and mapped from then on', async () => {
    await using dataset = await importEdges("['x', 'y''s', 'ž']");
    const { map } = await open(dataset);
    const ids = ['ž', 'x', "y's", 'no'];
    expect(Int32Array.from(ids, (id) => map.pins.rowOf(id))).toEqual(await dataset.pinRows(ids));
    expect([map.boards.rowOf(42), map.boards.rowOf('42'), map.boards.idOf(0)]).toEqual([0, 0, 42]);
    map.close();
    const { ino } = await stat(path);
    const again = await open(dataset);
    expect(again.warnings).toEqual([]);
    expect((await stat(path)).ino).toBe(ino);
    again.map.close();
  });

  it('is made anew when it is damaged, cut, or of other pins, and says so', async () => {
    await using dataset = await importEdges("['x', 'y']");
    (await open(dataset)).map.close();
    const good = await readFile(path);
    const flipped = Buffer.from(good);
    flipped[good.length - 3] ^= 1;
    for (const bad of [flipped, good.subarray(0, good.length - 5), Buffer.from('nothing'), Buffer.alloc(0)]) {
      await writeFile(path, bad);
      const { map, warnings } = await open(dataset);
      expect(warnings).toEqual([expect.stringContaining(path)]);
      expect([map.pins.rowOf('y'), map.pins.idOf(0)]).toEqual([1, 'x']);
      map.close();
      expect(await readFile(path)).toEqual(good);
    }
    await using other = await importEdges('[11, 12, 13]');
    await writeFile(path, good);
    const { map } = await open(other);
    expect([map.pins.rowOf(13), map.pins.rowOf('x')]).toEqual([2, -1]);
    map.close();
  });

  it('works where it cannot be written', async () => {
    await using dataset = await importEdges("['x', 'y']");
    await rm(path, { force: true });
    await mkdir(path);
    const { map, warnings } = await open(dataset);
    await rm(path, { recursive: true });
    expect(warnings.at(-1)).toContain('held in memory');
    expect(map.pins.rowOf('y')).toBe(1);
  });
});
