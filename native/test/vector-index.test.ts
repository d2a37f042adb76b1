import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type IndexStore, searchVectors, VectorIndex } from '../lib/index.js';
import { generator } from './support.js';

const WIDTH = 24;
const COUNT = 3000;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pinsage-index-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Vectors of length 1 around 100 centres. */
function clustered(count: number, seed: number): Float32Array {
  const random = generator(seed);
  const numbers = Float64Array.from({ length: (count + 100) * WIDTH }, () => 2 * random() - 1);
  const vectors = new Float32Array(count * WIDTH);
  for (let row = 0; row < count; row++) {
    const vector = vectors.subarray(row * WIDTH, (row + 1) * WIDTH);
    vector.forEach((_, k) => {
      vector[k] = numbers[(row % 100) * WIDTH + k] + 0.6 * numbers[(100 + row) * WIDTH + k];
    });
    const length = Math.hypot(...vector);
    vector.forEach((value, k) => {
      vector[k] = value / length;
    });
  }
  return vectors;
}

const rows = (count: number) => Uint32Array.from({ length: count }, (_, row) => row);

async function filled(vectors: Float32Array, store: IndexStore = 'f32'): Promise<VectorIndex> {
  const index = VectorIndex.create({ width: WIDTH, store });
  await index.add(rows(vectors.length / WIDTH), vectors);
  return index;
}

function recall(found: Uint32Array, exact: Uint32Array, top: number): number {
  let hits = 0;
  for (let q = 0; q < exact.length; q += top) {
    const wanted = new Set(exact.subarray(q, q + top));
    for (const id of found.subarray(q, q + top)) if (wanted.has(id)) hits++;
  }
  return hits / exact.length;
}

describe('VectorIndex', () => {
  const vectors = clustered(COUNT, 1);
  const queries = vectors.slice(0, 200 * WIDTH);

  it.each([
    ['f32', 0.98, 1e-6],
    ['f16', 0.98, 2e-3],
    ['i8', 0.9, 3e-2],
  ] as const)('finds what an exact search finds, with numbers kept as %s', async (store, wanted, tolerance) => {
    await using index = await filled(vectors, store);
    expect(index.size).toBe(COUNT);
    const found = await index.search(queries, { top: 10 });
    const exact = await searchVectors(queries, vectors, { width: WIDTH, top: 10 });
    expect(recall(found.ids, exact.ids, 10)).toBeGreaterThanOrEqual(wanted);
    expect([...found.counts]).toEqual(Array(200).fill(10));
    for (let i = 0; i < found.ids.length; i++) {
      const q = Math.floor(i / 10) * WIDTH;
      const v = found.ids[i] * WIDTH;
      let product = 0;
      for (let k = 0; k < WIDTH; k++) product += queries[q + k] * vectors[v + k];
      expect(Math.abs(found.scores[i] - product)).toBeLessThan(tolerance);
      if (i % 10 > 0) expect(found.scores[i]).toBeLessThanOrEqual(found.scores[i - 1]);
    }
  });

  it('has inner products of vectors of any length', async () => {
    const long = vectors.map((value, i) => value * (1 + (Math.floor(i / WIDTH) % 3)));
    await using index = VectorIndex.create({ width: WIDTH, metric: 'dot' });
    await index.add(rows(COUNT), long);
    const found = await index.search(queries, { top: 10, expansion: 200 });
    const exact = await searchVectors(queries, long, { width: WIDTH, top: 10 });
    expect(recall(found.ids, exact.ids, 10)).toBeGreaterThan(0.9);
    expect(found.scores[0]).toBeCloseTo(exact.scores[0], 5);
  });

  it('is the cosine of vectors and queries of any length', async () => {
    await using index = VectorIndex.create({ width: 2 });
    await index.add(Uint32Array.of(7, 9), Float32Array.of(0, 0.001, 1000, 1000));
    const { ids, scores, counts } = await index.search(Float32Array.of(0, 50), { top: 3 });
    expect([...ids]).toEqual([7, 9, 0xffffffff]);
    expect(scores[0]).toBeCloseTo(1, 6);
    expect(scores[1]).toBeCloseTo(Math.SQRT1_2, 6);
    expect(scores[2]).toBe(-Infinity);
    expect(counts[0]).toBe(2);
  });

  it('finds only what is allowed', async () => {
    await using index = await filled(vectors);
    const allowed = new Uint8Array(Math.ceil(COUNT / 8));
    for (let row = 0; row < COUNT; row += 5) allowed[row >> 3] |= 1 << (row & 7);
    const found = await index.search(queries, { top: 10, allowed });
    expect([...found.ids].every((id) => id % 5 === 0)).toBe(true);
    const bytes = Uint8Array.from({ length: COUNT }, (_, row) => (row % 5 === 0 ? 1 : 0));
    const exact = await searchVectors(queries, vectors, { width: WIDTH, top: 10, allowed: bytes });
    expect(recall(found.ids, exact.ids, 10)).toBeGreaterThanOrEqual(0.95);
    // Keys beyond the bits are not allowed.
    const few = await index.search(queries, { top: 10, allowed: Uint8Array.of(0b101) });
    expect(new Set(few.ids)).toEqual(new Set([0, 2, 0xffffffff]));
  });

  it('replaces and removes', async () => {
    await using index = await filled(vectors);
    const first = vectors.slice(0, WIDTH);
    await index.remove(Uint32Array.of(0, 1_000_000));
    expect(index.size).toBe(COUNT - 1);
    expect((await index.search(first, { top: 10 })).ids).not.toContain(0);
    await index.add(Uint32Array.of(5), first);
    expect(index.size).toBe(COUNT - 1);
    const { ids, scores } = await index.search(first, { top: 1 });
    expect(ids[0]).toBe(5);
    expect(scores[0]).toBeCloseTo(1, 5);
    const others = vectors.slice(5 * WIDTH, 6 * WIDTH);
    expect((await index.search(others, { top: 10 })).scores[0]).toBeLessThan(0.9999);
  });

  it('keeps what it has when vectors that were to replace it are not finite', async () => {
    await using index = await filled(vectors);
    const replacing = vectors.slice(0, 20 * WIDTH);
    replacing[19 * WIDTH] = Number.POSITIVE_INFINITY;
    await expect(index.add(rows(20), replacing)).rejects.toMatchObject({ code: 'NOT_FINITE' });
    expect(index.size).toBe(COUNT);
    expect((await index.search(vectors.slice(0, WIDTH), { top: 1 })).ids[0]).toBe(0);
  });

  it('takes changes while it is searched', async () => {
    await using index = VectorIndex.create({ width: WIDTH });
    let done = false;
    const readers = Array.from({ length: 3 }, async () => {
      let most = 0;
      while (!done) {
        const { counts, ids } = await index.search(queries.subarray(0, WIDTH), { top: 10 });
        expect([...ids.subarray(0, counts[0])].every((id) => id < COUNT)).toBe(true);
        most = Math.max(most, counts[0]);
      }
      return most;
    });
    for (let begin = 0; begin < COUNT; begin += 250) {
      const keys = rows(COUNT).subarray(begin, begin + 250);
      await Promise.all([
        index.add(keys.slice(0, 125), vectors.slice(begin * WIDTH, (begin + 125) * WIDTH)),
        index.add(keys.slice(125), vectors.slice((begin + 125) * WIDTH, (begin + 250) * WIDTH)),
        index.remove(Uint32Array.of(begin - 3)),
      ]);
    }
    done = true;
    expect(Math.max(...(await Promise.all(readers)))).toBe(10);
    expect(index.size).toBe(COUNT - 11);
  });

  it.each(['f32', 'f16', 'i8'] as const)('is the same from a file, with numbers kept as %s', async (store) => {
    await using index = await filled(vectors, store);
    await index.remove(Uint32Array.of(11));
    const path = join(folder, `${store}.usearch`);
    await index.save(path);
    const wanted = await index.search(queries, { top: 10 });
    for (const writable of [false, true]) {
      await using opened = await VectorIndex.open(path, { writable });
      expect([opened.width, opened.metric, opened.store, opened.connectivity]).toEqual([WIDTH, 'cosine', store, 16]);
      expect(opened.size).toBe(COUNT - 1);
      expect(await opened.search(queries, { top: 10 })).toEqual(wanted);
      if (writable) {
        await opened.add(Uint32Array.of(11), vectors.slice(11 * WIDTH, 12 * WIDTH));
        expect(opened.size).toBe(COUNT);
      } else {
        await expect(opened.add(Uint32Array.of(1), vectors.slice(0, WIDTH))).rejects.toThrow(/searching only/);
        await expect(opened.remove(Uint32Array.of(1))).rejects.toThrow(/searching only/);
      }
    }
    expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('answers at once where it cannot be written to', async () => {
    const path = join(folder, 'at-once');
    const index = await filled(vectors);
    await index.save(path);
    expect(() => index.searchNow(queries, { top: 10 })).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    await index.close();
    const opened = await VectorIndex.open(path, { expansionSearch: 32 });
    const allowed = new Uint8Array(Math.ceil(COUNT / 8)).fill(0x55);
    expect(opened.searchNow(queries, { top: 10, allowed })).toEqual(await opened.search(queries, { top: 10, allowed }));
    expect(() =>
      opened.searchNow(
        queries.map(() => Number.NaN),
        { top: 10 },
      ),
    ).toThrow(expect.objectContaining({ code: 'NOT_FINITE' }));
    await opened.close();
    expect(() => opened.searchNow(queries, { top: 10 })).toThrow(expect.objectContaining({ code: 'CLOSED' }));
  });

  it('keeps an empty index', async () => {
    await using index = VectorIndex.create({ width: 3 });
    const path = join(folder, 'empty.usearch');
    await index.save(path);
    await using opened = await VectorIndex.open(path);
    expect(opened.size).toBe(0);
    expect([...(await opened.search(Float32Array.of(1, 0, 0), { top: 2 })).counts]).toEqual([0]);
  });

  it('refuses a damaged file, or answers from one whose numbers alone are damaged', async () => {
    await using index = await filled(vectors.subarray(0, 300 * WIDTH));
    const path = join(folder, 'whole.usearch');
    await index.save(path);
    const whole = await readFile(path);
    const damaged = join(folder, 'damaged.usearch');
    const random = generator(5);
    const below = (limit: number) => Math.floor(random() * limit);
    let refused = 0;
    for (let round = 0; round < 400; round++) {
      const bytes = Buffer.from(whole);
      // Half of the damage is behind the vectors, where the structure is.
      const structure = 8 + 300 * WIDTH * 4;
      const at = round % 2 === 0 ? below(bytes.length) : structure + below(bytes.length - structure);
      bytes[at] ^= 1 + below(255);
      await writeFile(damaged, round % 7 === 0 ? bytes.subarray(0, at) : bytes);
      try {
        await using opened = await VectorIndex.open(damaged, { writable: round % 3 === 0 });
        await opened.search(queries, { top: 5 });
      } catch (error) {
        expect(error).toMatchObject({ name: 'PinSageError' });
        expect(['FILE_CORRUPT', 'FILE_VERSION']).toContain((error as { code: string }).code);
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(100);
    await writeFile(damaged, 'not an index');
    await expect(VectorIndex.open(damaged)).rejects.toMatchObject({ code: 'FILE_CORRUPT' });
    await writeFile(damaged, '');
    await expect(VectorIndex.open(damaged)).rejects.toMatchObject({ code: 'FILE_CORRUPT' });
    await expect(VectorIndex.open(join(folder, 'none'))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
  });

  it('says what is wrong with arguments', async () => {
    const wrong = { code: 'INVALID_ARGUMENT' };
    expect(() => VectorIndex.create({ width: 0 })).toThrow(/width/);
    expect(() => VectorIndex.create({ width: 2, store: 'f8' as never })).toThrow(/store/);
    expect(() => VectorIndex.create({ width: 2, store: 'i8', metric: 'dot' })).toThrow(/store/);
    await using index = VectorIndex.create({ width: 2 });
    const one = Float32Array.of(1, 2);
    await expect(index.add(Uint32Array.of(1, 1), Float32Array.of(1, 2, 3, 4))).rejects.toMatchObject(wrong);
    await expect(index.add(Uint32Array.of(1), Float32Array.of(1))).rejects.toMatchObject(wrong);
    await expect(index.add(Uint32Array.of(0xffffffff), one)).rejects.toMatchObject(wrong);
    await expect(index.add(Uint32Array.of(1), Float32Array.of(1, Number.NaN))).rejects.toMatchObject({
      code: 'NOT_FINITE',
    });
    await expect(index.search(Float32Array.of(1), { top: 1 })).rejects.toMatchObject(wrong);
    await expect(index.search(one, { top: 0 })).rejects.toMatchObject(wrong);
    await expect(index.search(one, { top: 1, allowed: [1] as never })).rejects.toMatchObject(wrong);
    await expect(index.save('/nonexistent/index')).rejects.toMatchObject({ name: 'PinSageError' });
    await index.close();
    await expect(index.search(one, { top: 1 })).rejects.toMatchObject({ code: 'CLOSED' });
    expect(() => index.size).toThrow(/closed/);
  });

  it('stops when it is told to', async () => {
    await using index = VectorIndex.create({ width: WIDTH });
    const controller = new AbortController();
    const adding = index.add(rows(COUNT), vectors, {
      signal: controller.signal,
      threads: 1,
      onProgress: () => controller.abort(),
    });
    controller.abort();
    await expect(adding).rejects.toMatchObject({ code: 'ABORTED' });
    expect(index.size).toBeLessThan(COUNT);
  });
});
