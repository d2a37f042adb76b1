import { describe, expect, it } from 'vitest';
import {
  type CandidateLists,
  randomWords,
  rankScores,
  rankVectors,
  searchScores,
  searchVectors,
} from '../lib/index.js';

const NONE = 0xffffffff;

/** The inner product as the addon defines it: every product and every sum rounded to float32. */
function dot(a: Float32Array, b: Float32Array, i: number, j: number, width: number): number {
  let sum = 0;
  for (let k = 0; k < width; ++k) sum = Math.fround(sum + Math.fround(a[i * width + k] * b[j * width + k]));
  return sum;
}

function scoresOf(queries: Float32Array, vectors: Float32Array, width: number): number[][] {
  return Array.from({ length: queries.length / width }, (_, i) =>
    Array.from({ length: vectors.length / width }, (_, j) => dot(queries, vectors, i, j, width)),
  );
}

interface Filter {
  exclude?: CandidateLists;
  allowed?: Uint8Array;
}

const listOf = (lists: CandidateLists, q: number) => [...lists.ids.subarray(lists.offsets[q], lists.offsets[q + 1])];

/** Candidates that are left, best first. */
function order(scores: number[], q: number, { exclude, allowed }: Filter, keep = -1): number[] {
  const excluded = new Set(exclude === undefined ? [] : listOf(exclude, q));
  const level = (id: number) => (Number.isNaN(scores[id]) ? [1, 0] : [0, -scores[id]]);
  return scores
    .map((_, id) => id)
    .filter((id) => id === keep || (!excluded.has(id) && (allowed === undefined || allowed[id] !== 0)))
    .sort((a, b) => level(a)[0] - level(b)[0] || level(a)[1] - level(b)[1] || a - b);
}

/** Numbers from a small set, so that equal scores are frequent. */
function vectorsOf(rows: number, width: number, seed: bigint, levels = 3): Float32Array {
  return Float32Array.from(randomWords(seed, [0, 0, 0], 1, rows * width), (word) => (word % levels) - 1);
}

function numbersOf(rows: number, width: number, seed: bigint): Float32Array {
  return Float32Array.from(randomWords(seed, [0, 0, 0], 2, rows * width), (word) => word / 2 ** 31 - 1);
}

function listsOf(queries: number, candidates: number, perQuery: number, seed: bigint): CandidateLists {
  const counts = randomWords(seed, [1, 0, 0], 3, queries);
  const offsets = new Uint32Array(queries + 1);
  for (let q = 0; q < queries; ++q) offsets[q + 1] = offsets[q] + (counts[q] % (perQuery + 1));
  const words = randomWords(seed, [2, 0, 0], 3, offsets[queries]);
  return { offsets, ids: words.map((word) => word % candidates) };
}

const sizes = [
  { queries: 1, candidates: 1, width: 1, top: 1 },
  { queries: 3, candidates: 17, width: 5, top: 30 },
  { queries: 9, candidates: 300, width: 2, top: 20 },
  { queries: 150, candidates: 1100, width: 33, top: 7 },
  { queries: 2, candidates: 9000, width: 3, top: 100 },
];

describe('searchVectors', () => {
  for (const { queries: n, candidates: m, width, top } of sizes) {
    it(`finds the top ${top} of ${m} x ${width} for ${n} queries`, async () => {
      for (const [queries, vectors] of [
        [vectorsOf(n, width, 1n), vectorsOf(m, width, 2n)],
        [numbersOf(n, width, 1n), numbersOf(m, width, 2n)],
      ]) {
        const scores = scoresOf(queries, vectors, width);
        const filters: Filter[] = [
          {},
          { exclude: listsOf(n, m, 12, 3n) },
          {
            exclude: listsOf(n, m, 12, 4n),
            allowed: Uint8Array.from({ length: m }, (_, id) => (id % 3 === 0 ? 0 : 1)),
          },
        ];
        for (const filter of filters) {
          const found = await searchVectors(queries, vectors, { width, top, ...filter });
          for (let q = 0; q < n; ++q) {
            const expected = order(scores[q], q, filter).slice(0, top);
            expect(found.counts[q]).toBe(expected.length);
            const padding = Array(top - expected.length);
            expect([...found.ids.subarray(q * top, (q + 1) * top)]).toEqual([...expected, ...padding.fill(NONE)]);
            const values = expected.map((id) => scores[q][id] + 0);
            expect([...found.scores.subarray(q * top, (q + 1) * top)].map((score) => score + 0)).toEqual([
              ...values,
              ...padding.fill(-Infinity),
            ]);
          }
        }
      }
    });
  }

  it('gives the same bits on any number of threads', async () => {
    const [queries, vectors] = [numbersOf(70, 24, 5n), numbersOf(5000, 24, 6n)];
    const [one, two, five] = await Promise.all(
      [1, 2, 5].map((threads) => searchVectors(queries, vectors, { width: 24, top: 50, threads })),
    );
    expect(two).toEqual(one);
    expect(five).toEqual(one);
  });

  it('answers no queries and no candidates', async () => {
    const none = new Float32Array(0);
    expect((await searchVectors(none, numbersOf(3, 4, 1n), { width: 4, top: 2 })).ids.length).toBe(0);
    const found = await searchVectors(numbersOf(1, 4, 1n), none, { width: 4, top: 2 });
    expect([...found.ids, ...found.counts]).toEqual([NONE, NONE, 0]);
  });

  it('refuses what is not finite, on either side', async () => {
    for (const bad of [Number.NaN, Infinity, -Infinity]) {
      for (const at of [0, 1232]) {
        const broken = numbersOf(137, 9, 1n);
        broken[at] = bad;
        const options = { width: 9, top: 3 };
        const error = { code: 'NOT_FINITE' };
        await expect(searchVectors(broken, numbersOf(4, 9, 2n), options)).rejects.toMatchObject({
          ...error,
          argument: 'queries',
        });
        await expect(searchVectors(numbersOf(4, 9, 2n), broken, options)).rejects.toMatchObject({
          ...error,
          argument: 'vectors',
        });
      }
    }
  });

  it('refuses bad arguments', async () => {
    const vectors = numbersOf(5, 4, 1n);
    const call = (options: object) => searchVectors(vectors, vectors, { width: 4, top: 2, ...options });
    const lists = (offsets: number[], ids: number[]) => ({
      exclude: { offsets: Uint32Array.from(offsets), ids: Uint32Array.from(ids) },
    });
    for (const bad of [
      { width: 3 },
      { width: 0 },
      { top: 0 },
      { top: 1.5 },
      { top: 2 ** 31 },
      { allowed: new Uint8Array(4) },
      { allowed: new Float32Array(5) },
      lists([0, 1], [0]),
      lists([0, 0, 0, 0, 0, 1], [5]),
      lists([0, 0, 0, 0, 0, 2], [1]),
      lists([0, 2, 1, 1, 1, 1], [1]),
      lists([1, 1, 1, 1, 1, 1], [1]),
    ]) {
      await expect(call(bad)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    }
  });

  it('stops when aborted and reports progress', async () => {
    const vectors = numbersOf(20_000, 64, 1n);
    const started = performance.now();
    const signal = AbortSignal.timeout(20);
    await expect(searchVectors(vectors, vectors, { width: 64, top: 10, signal })).rejects.toMatchObject({
      code: 'ABORTED',
    });
    expect(performance.now() - started).toBeLessThan(1000);

    const reports: [number, number][] = [];
    const onProgress = (done: number, total: number) => reports.push([done, total]);
    await searchVectors(vectors.subarray(0, 6400), vectors, { width: 64, top: 10, onProgress });
    const [done, total] = reports.at(-1)!;
    expect(done).toBe(total);
    expect(total).toBeGreaterThan(0);
  });
});

describe('rankVectors', () => {
  for (const { queries: n, candidates: m, width } of sizes) {
    it(`ranks targets among ${m} x ${width} for ${n} queries`, async () => {
      const queries = vectorsOf(n, width, 1n);
      const vectors = vectorsOf(m, width, 2n);
      const scores = scoresOf(queries, vectors, width);
      const targets = listsOf(n, m, 5, 7n);
      const filters: Filter[] = [
        {},
        { exclude: listsOf(n, m, 40, 3n) },
        { exclude: listsOf(n, m, 12, 4n), allowed: Uint8Array.from({ length: m }, (_, id) => (id % 3 === 0 ? 0 : 1)) },
      ];
      for (const filter of filters) {
        const expected = scores.flatMap((row, q) =>
          listOf(targets, q).map((target) => order(row, q, filter, target).indexOf(target) + 1),
        );
        for (const threads of [1, 3]) {
          const ranks = await rankVectors(queries, vectors, { width, targets, threads, ...filter });
          expect([...ranks]).toEqual(expected);
        }
      }
    });
  }

  it('is the position in searchVectors', async () => {
    const [queries, vectors] = [numbersOf(20, 50, 1n), numbersOf(700, 50, 2n)];
    const { ids } = await searchVectors(queries, vectors, { width: 50, top: 700 });
    const targets = { offsets: Uint32Array.from({ length: 21 }, (_, q) => q * 700), ids };
    const ranks = await rankVectors(queries, vectors, { width: 50, targets });
    expect([...ranks]).toEqual(Array.from(ids, (_, i) => (i % 700) + 1));
  });

  it('refuses a target that is no candidate', async () => {
    const vectors = numbersOf(5, 4, 1n);
    const targets = { offsets: Uint32Array.of(0, 1, 1, 1, 1, 1), ids: Uint32Array.of(5) };
    await expect(rankVectors(vectors, vectors, { width: 4, targets })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      argument: 'targets',
    });
  });
});

describe('searchScores and rankScores', () => {
  const candidates = 5000;
  const values = [Number.NaN, Infinity, -Infinity, 0, -0, 1, 2, 3];
  const scores = Float32Array.from(
    randomWords(9n, [0, 0, 0], 0, 6 * candidates),
    (word) => values[word % values.length],
  );
  scores.fill(Number.NaN, 0, candidates);
  const rows = Array.from({ length: 6 }, (_, q) => [...scores.subarray(q * candidates, (q + 1) * candidates)]);

  it('order by score, NaN last, then id', async () => {
    const exclude = listsOf(6, candidates, 9, 1n);
    const { ids } = await searchScores(scores, { candidates, top: candidates, exclude });
    for (let q = 0; q < 6; ++q) {
      const expected = order(rows[q], q, { exclude });
      expect([...ids.subarray(q * candidates, q * candidates + expected.length)]).toEqual(expected);
    }
    const small = await searchScores(scores, { candidates, top: 3 });
    for (let q = 0; q < 6; ++q)
      expect([...small.ids.subarray(q * 3, q * 3 + 3)]).toEqual(order(rows[q], q, {}).slice(0, 3));
  });

  it('rank in the same order', async () => {
    const targets = listsOf(6, candidates, 30, 2n);
    const exclude = listsOf(6, candidates, 200, 3n);
    const ranks = await rankScores(scores, { candidates, targets, exclude });
    const expected = rows.flatMap((row, q) =>
      listOf(targets, q).map((target) => order(row, q, { exclude }, target).indexOf(target) + 1),
    );
    expect([...ranks]).toEqual(expected);
  });
});
