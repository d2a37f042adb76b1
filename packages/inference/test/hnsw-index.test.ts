import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { importDataset } from '@pinsage/graph';
import { RunDirectory } from '@pinsage/model';
import { randomWords, writeSafetensors } from '@pinsage/native';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  add,
  buildIndex,
  Embeddings,
  ExactIndex,
  emptyBitset,
  HnswIndex,
  Recommender,
  RowVectors,
} from '../src/index.js';
import { openIndex } from '../src/serving/index-file.js';

const WIDTH = 16;
/** Enough for a filter that fewer fulfil than the index is searched for. */
const ROWS = 12_000;
/** Of the run that has its index made again and again. */
const FEW = 1000;
/** So many that chance does not move the recall by a hundredth. */
const QUERIES = 300;

/** Vectors of length 1. */
function unitVectors(stream: number, count: number) {
  const words = randomWords(3n, [0, 0, 0], stream, count * WIDTH);
  const vectors = Float32Array.from(words, (word) => word / 2 ** 32 - 0.5);
  for (let row = 0; row < count; ++row) {
    const vector = vectors.subarray(row * WIDTH, (row + 1) * WIDTH);
    const length = Math.hypot(...vector);
    vector.forEach((value, k) => {
      vector[k] = value / length;
    });
  }
  return vectors;
}

let folder: string;
/** Runs on ROWS and on FEW pins. */
let large: string;
let small: string;
const vectors = unitVectors(1, ROWS);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pinsage-hnsw-'));
  large = await makeRun('large', vectors);
  small = await makeRun('small', vectors.subarray(0, FEW * WIDTH));
});
afterAll(() => rm(folder, { recursive: true }));

async function makeRun(name: string, vectors: Float32Array): Promise<string> {
  const count = vectors.length / WIDTH;
  const pins = `SELECT range AS id, range % 50 AS shelf FROM range(${count})`;
  const edges = `SELECT range AS pin, range % 50 AS board FROM range(${count})`;
  const out = join(folder, `${name}-data`);
  await importDataset({ edges, pin: 'pin', board: 'board', pins, pinId: 'id', out });
  const { path } = await RunDirectory.create(join(folder, name), { dataset: out, split: null, model: {}, trainer: {} });
  await writeEmbeddings(path, vectors);
  return path;
}

function writeEmbeddings(run: string, data: Float32Array): Promise<void> {
  const shape = [data.length / WIDTH, WIDTH];
  return writeSafetensors(join(run, 'embeddings.safetensors'), { embeddings: { shape, data } });
}

async function withIndexes(work: (hnsw: HnswIndex, exact: ExactIndex) => Promise<void>): Promise<void> {
  using embeddings = await Embeddings.open(large);
  const hnsw = new HnswIndex(new RowVectors(embeddings.vectors, WIDTH), await openIndex(large, embeddings));
  try {
    await work(hnsw, new ExactIndex(new RowVectors(vectors, WIDTH)));
  } finally {
    await hnsw.close();
  }
}

/** The share of what exact search finds that the index finds too; its scores have to be the exact ones. */
async function recall(hnsw: HnswIndex, exact: ExactIndex, options: { allowed?: Uint8Array; exclude?: number[] } = {}) {
  let hits = 0;
  for (let q = 0; q < QUERIES; ++q) {
    const query = unitVectors(100 + q, 1);
    const expected = await exact.nearest(query, { top: 10, ...options });
    const found = await hnsw.nearest(query, { top: 10, ...options });
    expect(found.rows).toHaveLength(expected.rows.length);
    const scores = new Map(Array.from(expected.rows, (row, i) => [row, expected.scores[i]]));
    found.rows.forEach((row, i) => {
      if (!scores.has(row)) return;
      hits += 1 / expected.rows.length / QUERIES;
      expect(found.scores[i]).toBeCloseTo(scores.get(row) as number, 5);
    });
    expect([...found.scores]).toEqual([...found.scores].sort((a, b) => b - a));
  }
  return hits;
}

describe('HnswIndex', () => {
  it('finds nearly all that exact search finds, among all and among those that are allowed', async () => {
    await withIndexes(async (hnsw, exact) => {
      expect(await recall(hnsw, exact)).toBeGreaterThan(0.97);
      expect(await recall(hnsw, exact, { exclude: Array.from({ length: 2000 }, (_, i) => i * 3) })).toBeGreaterThan(
        0.97,
      );
      for (const share of [0.002, 0.1, 0.9]) {
        const allowed = emptyBitset(ROWS);
        for (let row = 0; row < ROWS; ++row) if (((row * 2654435761) % 1000) / 1000 < share) add(allowed, row);
        const found = await recall(hnsw, exact, { allowed, exclude: [1, 2, 3] });
        // Of few allowed rows, all are looked at.
        if (share < 0.5) expect(found).toBeCloseTo(1, 9);
        else expect(found).toBeGreaterThan(0.97);
      }
    });
  });

  it('finds what was added and replaced, and not what was removed', async () => {
    await withIndexes(async (hnsw, exact) => {
      for (const index of [hnsw, exact]) {
        await index.upsert(Uint32Array.of(ROWS, ROWS + 1, 7), unitVectors(9, 3));
        await index.remove(Uint32Array.of(8, ROWS + 1));
      }
      const [added, removed, replaced] = [0, 1, 2].map((i) => unitVectors(9, 3).slice(i * WIDTH, (i + 1) * WIDTH));
      expect((await hnsw.nearest(added, { top: 1 })).rows).toEqual(Uint32Array.of(ROWS));
      expect((await hnsw.nearest(replaced, { top: 1 })).rows).toEqual(Uint32Array.of(7));
      for (const query of [removed, vectors.slice(7 * WIDTH, 8 * WIDTH), vectors.slice(8 * WIDTH, 9 * WIDTH)]) {
        const { rows, scores } = await hnsw.nearest(query, { top: 1 });
        expect([8, ROWS + 1]).not.toContain(rows[0]);
        expect(scores[0]).toBeLessThan(0.999);
      }
      const allowed = emptyBitset(ROWS + 2).fill(0xff);
      expect((await hnsw.nearest(added, { top: 1, allowed, exclude: [ROWS] })).rows[0]).not.toBe(ROWS);
      expect(await recall(hnsw, exact)).toBeGreaterThan(0.97);
      expect(await recall(hnsw, exact, { allowed })).toBeGreaterThan(0.97);
    });
  });

  it('stops when it is told to', async () => {
    await withIndexes(async (hnsw) => {
      const signal = AbortSignal.abort();
      await expect(hnsw.nearest(unitVectors(1, 1), { top: 1, signal })).rejects.toMatchObject({ code: 'ABORTED' });
    });
  });
});

describe("a run's index", () => {
  async function open(options: { store?: 'f32' | 'f16' | 'i8' } = {}) {
    const warnings: string[] = [];
    const onWarning = (message: string) => warnings.push(message);
    await using recommender = await Recommender.open(small, { search: 'hnsw', onWarning, ...options });
    const [first] = await recommender.relatedTo(recommender.embeddings.of(5), { top: 1 });
    expect(first).toMatchObject({ id: 5 });
    expect(first.score).toBeCloseTo(1, 5);
    const shelf = await recommender.related(5, { filter: { shelf: 7 }, columns: ['shelf'] });
    expect(shelf.map((pin) => pin.shelf)).toEqual(Array(10).fill(7));
    return warnings;
  }
  const path = () => join(small, 'index.usearch');

  it('is made when it is missing, of another store or of other embeddings, and kept otherwise', async () => {
    await rm(path(), { force: true });
    expect(await open()).toEqual([expect.stringContaining('is built')]);
    const { ino } = await stat(path());
    expect(await open()).toEqual([]);
    expect((await stat(path())).ino).toBe(ino);
    await rm(join(small, 'index.json'));
    expect(await open()).toEqual([expect.stringContaining('has no index')]);
    expect(await open({ store: 'i8' })).toEqual([expect.stringContaining('i8')]);
    expect(await open()).toHaveLength(1);
    await writeEmbeddings(small, unitVectors(2, FEW));
    expect(await open()).toHaveLength(1);
    expect(await open()).toEqual([]);
    await writeEmbeddings(small, vectors.subarray(0, FEW * WIDTH));
    using embeddings = await Embeddings.open(small);
    await buildIndex(small, embeddings);
    expect(await open()).toEqual([]);
  });

  it('says how it is searched', async () => {
    using embeddings = await Embeddings.open(large);
    const tuning = await buildIndex(large, embeddings);
    expect(tuning.recall).toBeGreaterThan(0.98);
    expect(JSON.parse(await readFile(join(large, 'index.json'), 'utf8'))).toMatchObject({ ...tuning });
    const reopened = await openIndex(large, embeddings);
    expect(reopened.expansionSearch).toBe(tuning.expansion);
    await reopened.close();
  });

  it('is made anew when it is damaged, and that is said', async () => {
    await open();
    const good = await readFile(path());
    const flipped = Buffer.from(good);
    for (const at of [70, Math.floor(good.length / 2), good.length - 100]) flipped[at] ^= 0x5a;
    for (const bad of [flipped, good.subarray(0, good.length / 2), Buffer.alloc(good.length), Buffer.alloc(0)]) {
      await writeFile(path(), bad);
      expect(await open()).toEqual([expect.stringContaining('is built')]);
    }
    expect(await open()).toEqual([]);
  });

  it('is held in memory where it cannot be written', async () => {
    await rm(path(), { force: true });
    await mkdir(join(path(), 'in the way'), { recursive: true });
    const warnings = await open();
    await rm(path(), { recursive: true });
    expect(warnings.at(-1)).toContain('held in memory');
  });

  it('is not made when the build is stopped', async () => {
    await rm(path(), { force: true });
    const signal = AbortSignal.abort();
    await expect(Recommender.open(small, { search: 'hnsw', signal })).rejects.toMatchObject({ code: 'ABORTED' });
    await expect(stat(path())).rejects.toThrow();
    await expect(Recommender.open(small, { search: 'most' as 'exact' })).rejects.toMatchObject({ argument: 'search' });
  });
});
