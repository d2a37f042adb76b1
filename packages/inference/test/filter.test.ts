import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Dataset, type FeatureSpec, importDataset } from '@pinsage/graph';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DatasetCatalogue, Embeddings, type Filter, filterPredicate, has, Recommender } from '../src/index.js';

const PINS = [
  { id: 1, title: 'Boat', year: 1900, price: 1.5, sold: true, made: '1999-12-31', tags: 'sea| ship', "it's": 'a' },
  { id: 2, title: 'boat', year: 1950, price: 2, sold: false, made: '2000-01-01', tags: 'sea', "it's": "b'" },
  { id: 3, title: 'Émile', year: null, price: 3, sold: null, made: null, tags: null, "it's": null },
  { id: 4, title: '𝄞 ﬀ', year: -40, price: 0.1, sold: true, made: '2024-02-29', tags: 'tree|ship', "it's": 'a' },
  { id: 5, title: null, year: 1950, price: null, sold: false, made: '1970-01-01', tags: '', "it's": 'c' },
];

let folder: string;
let dataset: Dataset;
let catalogue: DatasetCatalogue;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pinsage-filter-'));
  const pins = join(folder, 'pins.jsonl');
  await writeFile(pins, PINS.map((pin) => `${JSON.stringify(pin)}\n`).join(''));
  const edges = 'SELECT unnest([1, 2, 3, 4, 5]) AS pin, 1 AS board';
  const features: FeatureSpec[] = [
    { name: 'tags', kind: 'categories', buckets: 16 },
    { name: 'year', kind: 'number' },
  ];
  const { directory } = await importDataset({
    edges,
    pin: 'pin',
    board: 'board',
    pins,
    pinId: 'id',
    features,
    out: join(folder, 'data'),
  });
  dataset = await Dataset.open(directory);
  catalogue = await DatasetCatalogue.open(dataset);
});
afterAll(async () => {
  catalogue.close();
  await dataset.close();
  await rm(folder, { recursive: true });
});

/** The ids of matching pins by DuckDB, which those by the predicate have to equal. */
async function matching(filter: Filter): Promise<number[]> {
  const bits = await catalogue.matching(filter);
  const rows = Array.from(PINS.keys()).filter((row) => has(bits, row));
  const predicate = filterPredicate(await catalogue.conditions(filter));
  const described = await catalogue.describe([...PINS.keys()]);
  expect(
    described.flatMap((pin, row) => (predicate(pin) ? [row] : [])),
    'the predicate',
  ).toEqual(rows);
  // As added pins come: dates are texts, and what is missing is left out.
  const raw = PINS.map((pin) => Object.fromEntries(Object.entries(pin).filter(([, value]) => value !== null)));
  expect(
    raw.flatMap((pin, row) => (predicate(pin) ? [row] : [])),
    'the predicate of raw pins',
  ).toEqual(rows);
  return rows.map((row) => PINS[row].id);
}

describe('filters', () => {
  it('compare numbers', async () => {
    expect(await matching({ year: 1950 })).toEqual([2, 5]);
    expect(await matching({ year: 1950n })).toEqual([2, 5]);
    expect(await matching({ year: [1900, -40] })).toEqual([1, 4]);
    expect(await matching({ year: { gte: 1900, lt: 1950 } })).toEqual([1]);
    expect(await matching({ year: { gt: 1900 } })).toEqual([2, 5]);
    expect(await matching({ year: { lte: -40 } })).toEqual([4]);
    expect(await matching({ year: 1950.5 })).toEqual([]);
    expect(await matching({ price: { gt: 0.1, lte: 2 } })).toEqual([1, 2]);
    expect(await matching({ id: { gte: 4 } })).toEqual([4, 5]);
  });

  it('tell missing values apart', async () => {
    expect(await matching({ year: null })).toEqual([3]);
    expect(await matching({ year: [null, 1900] })).toEqual([1, 3]);
    expect(await matching({ year: { not: 1950 } })).toEqual([1, 3, 4]);
    expect(await matching({ year: { not: null } })).toEqual([1, 2, 4, 5]);
    expect(await matching({ year: { not: [null, 1950] } })).toEqual([1, 4]);
    expect(await matching({ title: { not: null, gte: 'b' } })).toEqual([2, 3, 4]);
  });

  it('compare texts by their bytes, whatever they hold', async () => {
    expect(await matching({ title: 'Boat' })).toEqual([1]);
    expect(await matching({ title: { gt: '\u{fb00}' } })).toEqual([4]);
    expect(await matching({ "it's": "b'" })).toEqual([2]);
    expect(await matching({ title: "'; DROP VIEW pins; --" })).toEqual([]);
    expect(await matching({ "it's": ['a', 'c'] })).toEqual([1, 4, 5]);
  });

  it('compare booleans, times and items of lists', async () => {
    expect(await matching({ sold: true })).toEqual([1, 4]);
    expect(await matching({ sold: [false, null] })).toEqual([2, 3, 5]);
    expect(await matching({ made: { gte: '2000-01-01' } })).toEqual([2, 4]);
    expect(await matching({ made: ['1970-01-01', null] })).toEqual([3, 5]);
    expect(await matching({ tags: 'ship' })).toEqual([1, 4]);
    expect(await matching({ tags: { not: ['tree', 'nothing'] } })).toEqual([1, 2, 3, 5]);
    expect(await matching({ tags: null })).toEqual([3]);
    expect(await matching({ tags: 'ship', sold: true, year: { gt: 0 } })).toEqual([1]);
    expect(await matching({})).toEqual([1, 2, 3, 4, 5]);
  });

  it('compare columns of the types that a query gives them', async () => {
    const pins = `SELECT * FROM (VALUES
      (1, DATE '1999-12-31', 1.50::DECIMAL(9, 2), ['sea', 'ship'], true, 9007199254740993),
      (2, DATE '2000-01-01', -2, [], false, 9007199254740992),
      (3, NULL, NULL, NULL, NULL, NULL)) AS pins(id, made, price, tags, sold, large)`;
    const edges = 'SELECT unnest([1, 2, 3]) AS pin, 1 AS board';
    const out = join(folder, 'typed');
    await importDataset({ edges, pin: 'pin', board: 'board', pins, pinId: 'id', out });
    await using typed = await Dataset.open(out);
    const catalogue = await DatasetCatalogue.open(typed);
    const described = await catalogue.describe([0, 1, 2]);
    const rows = async (filter: Filter) => {
      const bits = await catalogue.matching(filter);
      const found = [0, 1, 2].filter((row) => has(bits, row));
      const predicate = filterPredicate(await catalogue.conditions(filter));
      expect([0, 1, 2].filter((row) => predicate(described[row]))).toEqual(found);
      return found;
    };
    expect(await rows({ made: { lt: '2000-01-01T00:00:00+01:00' } })).toEqual([0]);
    expect(await rows({ made: ['2000-01-01T00:00Z', null] })).toEqual([1, 2]);
    expect(await rows({ made: { not: '1999-12-31' } })).toEqual([1, 2]);
    expect(await rows({ price: { gte: -2, lt: 1.5 } })).toEqual([1]);
    expect(await rows({ price: 1.5 })).toEqual([0]);
    expect(await rows({ tags: ['ship', 'tree'] })).toEqual([0]);
    expect(await rows({ tags: { not: 'ship' } })).toEqual([1, 2]);
    expect(await rows({ tags: null })).toEqual([2]);
    expect(await rows({ sold: { not: true } })).toEqual([1, 2]);
    expect(await rows({ large: 9007199254740993n })).toEqual([0]);
    await expect(rows({ made: 'yesterday' })).rejects.toMatchObject({ argument: 'filter.made' });
    await expect(rows({ made: '2024-13-01' })).rejects.toMatchObject({ argument: 'filter.made' });
    await expect(rows({ sold: { gt: false } } as unknown as Filter)).rejects.toMatchObject({ argument: 'filter.sold' });
    await expect(rows({ price: '1.5' })).rejects.toMatchObject({ argument: 'filter.price' });
    catalogue.close();
  });

  it('are evaluated once', async () => {
    expect(await catalogue.matching({ year: 1950 })).toBe(await catalogue.matching({ year: 1950 }));
  });

  it('are refused when they make no sense, with what would', async () => {
    const refused = (filter: unknown, argument: string) =>
      expect(catalogue.matching(filter as Filter)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', argument });
    await refused({ colour: 'red' }, 'filter');
    await refused({ 'year" OR 1=1 --': 1 }, 'filter');
    await refused({ __proto__: null, constructor: 1 }, 'filter');
    await refused([], 'filter');
    await refused('year', 'filter');
    await refused({ year: '1950' }, 'filter.year');
    await refused({ year: Number.NaN }, 'filter.year');
    await refused({ year: [] }, 'filter.year');
    await refused({ year: [1, 'x'] }, 'filter.year[1]');
    await refused({ year: Array(1001).fill(1) }, 'filter.year');
    await refused({ year: {} }, 'filter.year');
    await refused({ year: { between: 1 } }, 'filter.year');
    await refused({ year: { gte: null } }, 'filter.year.gte');
    await refused({ year: { gte: [1] } }, 'filter.year.gte');
    await refused({ title: ['a', 7] }, 'filter.title[1]');
    await refused({ sold: { gt: false } }, 'filter.sold');
    await refused({ tags: { gt: 'a' } }, 'filter.tags');
    await refused({ price: [1, 'x'] }, 'filter.price[1]');
  });

  it('hold for what is recommended', async () => {
    const vectors = Float32Array.from([1, 0.9, 0.8, 0.7, 0.6]);
    await using recommender = await Recommender.over(dataset, new Embeddings(vectors, 1));
    const found = await recommender.related(1, { filter: { year: { gte: -100 } }, exclude: [4] });
    expect(found.map(({ id }) => id)).toEqual([2, 5]);
    expect(await recommender.related(1, { filter: { title: 'none' } })).toEqual([]);
  });
});
