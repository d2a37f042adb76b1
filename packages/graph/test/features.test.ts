import { gatherFeatures } from '@pinsage/native';
import { describe, expect, test } from 'vitest';
import { encodeFeatures, type FeatureSpec, parseFeatureSpec } from '../src/index.js';
import { murmur3 } from '../src/murmur3.js';
import { hashCategories, hashText, splitCategories } from '../src/tokens.js';
import { FILM_COLUMNS, FILMS, importAndOpen, temporaryFolder, writeFiles } from './support.js';

describe('murmur3', () => {
  // Published values of MurmurHash3_x86_32.
  test.each([
    ['', 0, 0],
    ['', 1, 0x514e28b7],
    ['a', 0, 0x3c2569b2],
    ['hello', 0, 0x248bfa47],
    ['hello, world', 0, 0x149bbb7f],
    ['The quick brown fox jumps over the lazy dog', 0x9747b28c, 0x2fa826cd],
  ])('%s, seed %i', (text, seed, hash) => expect(murmur3(text, seed)).toBe(hash));

  test('long texts and those beyond ASCII', () => {
    const long = 'ä€😀'.repeat(500);
    expect(murmur3(long, 3)).toBe(murmur3(long, 3));
    expect(murmur3(long, 3)).not.toBe(murmur3(`${long}x`, 3));
  });
});

describe('tokens', () => {
  const buckets = 2 ** 31 - 1; // no two of the few words here meet

  test('words are lower-cased letters, marks and digits of any script, and neighbours make pairs', () => {
    const expected = new Map<number, number>();
    for (const [word, times] of [
      ['the', 2],
      ['cat', 1],
      ['öl', 1],
      ['日本', 1],
    ] as const) {
      expected.set(murmur3(word, 1) % buckets, times);
    }
    for (const pair of ['the cat', 'cat the', 'the öl', 'öl 日本']) expected.set(murmur3(pair, 2) % buckets, 1);
    expect(hashText('The cat; THE_öl — 日本', buckets)).toEqual(expected);
    // Composed and decomposed letters, full-width and plain ones are the same.
    expect(hashText('O\u0308l ＣＡＴ', buckets)).toEqual(hashText('öl cat', buckets));
    expect(hashText(' .,; ', buckets)).toEqual(new Map());
  });

  test('categories are split, trimmed and counted once', () => {
    expect(splitCategories(' Drama |Sci-Fi||', '|')).toEqual(['Drama', 'Sci-Fi']);
    expect(splitCategories('["a|b", 5]', '|')).toEqual(['a|b', '5']);
    expect(splitCategories(['x', ' y '], '|')).toEqual(['x', 'y']);
    expect(splitCategories('[untitled]', '|')).toEqual(['[untitled]']);
    expect(hashCategories(['a', 'b', 'a'], buckets)).toEqual(
      new Map([
        [murmur3('a', 3) % buckets, 1],
        [murmur3('b', 3) % buckets, 1],
      ]),
    );
  });
});

async function films() {
  const folder = temporaryFolder();
  const files = writeFiles(folder, FILMS);
  return importAndOpen(folder, { ...FILM_COLUMNS, edges: files['seen.csv'], pins: files['films.csv'] });
}

describe('stored features', () => {
  test('text is tf·idf of length 1', async () => {
    const { dataset } = await films();
    const column = dataset.features[0];
    const source = dataset.source(column);
    if (source.kind !== 'bag') return expect.fail();
    // 'The Red Shoes': words and pairs that no other title has. df 1 of 5 pins.
    expect(Array.from(source.offsets, Number)).toEqual([0, 5, 10, 11, 12, 12]);
    const idf = Math.log((1 + 5) / (1 + 1)) + 1;
    expect(column.idf![murmur3('shoes', 1) % 4096]).toBeCloseTo(idf, 6);
    const unseen = Array.from({ length: 4096 }, (_, i) => i).find((i) => !source.rows.includes(i))!;
    expect(column.idf![unseen]).toBeCloseTo(Math.log(6) + 1, 6);
    for (let i = 0; i < 5; i++) expect(source.weights[i]).toBeCloseTo(1 / Math.sqrt(5), 6);
    const row = Array.from(source.rows.subarray(0, 5));
    expect(row).toEqual([...hashText('The Red Shoes', 4096).keys()].sort((a, b) => a - b));
  });

  test('a word that comes twice counts twice, and a common one less', async () => {
    const folder = temporaryFolder();
    const files = writeFiles(folder, { 'p.csv': 'p,t\n1,sea sea sun\n2,sun\n3,\n', 'e.csv': 'p,b\n1,1\n' });
    const { dataset } = await importAndOpen(folder, {
      edges: files['e.csv'],
      pin: 'p',
      board: 'b',
      pins: files['p.csv'],
      features: [{ name: 't', kind: 'text' }],
    });
    const source = dataset.source(dataset.features[0]);
    if (source.kind !== 'bag') return expect.fail();
    const rare = Math.log(4 / 2) + 1;
    const common = Math.log(4 / 3) + 1;
    const raw = new Map([
      [murmur3('sea', 1) % 65536, 2 * rare],
      [murmur3('sun', 1) % 65536, common],
      [murmur3('sea sea', 2) % 65536, rare],
      [murmur3('sea sun', 2) % 65536, rare],
    ]);
    const length = Math.hypot(...raw.values());
    expect(Array.from(source.offsets, Number)).toEqual([0, 4, 5, 5]);
    source.rows.subarray(0, 4).forEach((row, i) => {
      expect(source.weights[i]).toBeCloseTo(raw.get(row)! / length, 6);
    });
  });

  test('categories, numbers and vectors', async () => {
    const { dataset } = await films();
    const [, genres, year, vector] = dataset.features;
    const bag = dataset.source(genres);
    if (bag.kind !== 'bag') return expect.fail();
    expect(Array.from(bag.offsets, Number)).toEqual([0, 2, 4, 5, 5, 5]);
    expect(bag.weights[0]).toBeCloseTo(Math.SQRT1_2, 7);
    expect(bag.weights[4]).toBe(1);
    expect(dataset.source(year)).toEqual({
      kind: 'dense',
      width: 1,
      values: Float32Array.of(1948, 1979, 1967, Number.NaN, Number.NaN),
    });
    expect(year.statistics!.mean).toBeCloseTo((1948 + 1979 + 1967) / 3, 9);
    expect(year.statistics!.std).toBeCloseTo(
      Math.sqrt(((1948 - 1964.6666) ** 2 + (1979 - 1964.6666) ** 2 + (1967 - 1964.6666) ** 2) / 3),
      3,
    );
    expect(year.statistics!.quantiles).toHaveLength(33);
    expect([0, 8, 16, 32].map((i) => year.statistics!.quantiles[i])).toEqual([1948, 1957.5, 1967, 1979]);
    expect(vector.width).toBe(3);
    expect(dataset.source(vector)).toEqual({
      kind: 'dense',
      width: 3,
      values: Float32Array.of(1, 0, 0.5, 0, 1, -2, 0.25, 0, 0, 0, 0, 0, 0, 0, 0),
    });
  });
});

describe('encodeFeatures', () => {
  test('gives the bits that the import stored', async () => {
    const { dataset } = await films();
    const rows = [
      { title: 'The Red Shoes', genres: 'Drama|Music', year: 1948, vector: [1, 0, 0.5] },
      { title: 'Stalker, a film', genres: ['Drama', 'Sci-Fi'], year: '1979', vector: Float32Array.of(0, 1, -2) },
      { title: 'Playtime', genres: 'Comedy', year: 1967, vector: [0.25, 0, 0] },
      { title: 'Unseen', year: null },
      {},
    ];
    const sources = dataset.features.map((feature) => dataset.source(feature));
    const gathered = await gatherFeatures(sources, Uint32Array.of(0, 1, 2, 3, 4));
    expect(encodeFeatures(dataset.features, rows)).toEqual(gathered);
  });

  test('says what does not fit', async () => {
    const { dataset } = await films();
    const encode = (row: Record<string, unknown>) => () => encodeFeatures(dataset.features, [row]);
    expect(encode({ vector: [1, 2] })).toThrow(/rows\[0\].vector is a Array; allowed: 3 numbers/);
    expect(encode({ vector: 'abc' })).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    expect(encode({ vector: [1, 2, Number.NaN] })).toThrow(expect.objectContaining({ code: 'NOT_FINITE' }));
    expect(encode({ year: Number.POSITIVE_INFINITY })).toThrow(expect.objectContaining({ code: 'NOT_FINITE' }));
    expect(encode({ year: 'soon' })).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    expect(encode({ year: {} })).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  });
});

test('parseFeatureSpec', () => {
  const parsed: [string, FeatureSpec][] = [
    ['title:text', { name: 'title', kind: 'text', buckets: 65536 }],
    ['genres:categories:256', { name: 'genres', kind: 'categories', buckets: 256, separator: '|' }],
    ['year:number', { name: 'year', kind: 'number' }],
    ['a:b:dense', { name: 'a:b', kind: 'dense' }],
  ];
  for (const [text, spec] of parsed) expect(parseFeatureSpec(text)).toEqual(spec);
  for (const bad of ['title', 'title:image', ':text', 'title:text:0', 'title:text:x', 'year:number:5']) {
    expect(() => parseFeatureSpec(bad)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  }
});
