import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { stepThrough } from '@pinsage/graph';
import {
  fileDigest,
  type IndexStore,
  PinSageError,
  type TaskOptions,
  VectorIndex,
  writeFileAtomic,
} from '@pinsage/native';
import type { Embeddings } from '../embeddings.js';
import { type Tuning, tuneExpansion } from './tune-index.js';
import { dot } from './vector-math.js';

export interface OpenIndexOptions extends TaskOptions {
  /** How the index keeps a number: `'f32'`, `'f16'` or `'i8'`. Default `'f16'`. */
  store?: IndexStore;
  onWarning?: (message: string) => void;
}

const FILE = 'index.usearch';
/** Beside it: which embeddings it is of, and how it is searched. Written last. */
const RECORD = 'index.json';
/** Indices up to this size are compared with their checksum when they are opened, as other files are. */
const CHECKED_AT_OPEN = 64 * 2 ** 20;
/** Rows that go into an index at once. */
const BLOCK = 2 ** 16;
/** Rows that are looked at to tell whether vectors have length 1. */
const SAMPLE = 1000;

type IndexIdentity = { version: number; embeddings: string; pins: number; width: number; store: IndexStore };
type IndexRecord = IndexIdentity & Tuning & { bytes: number; sha256: string };

/**
 * Maps a run's index.
 *
 * @returns undefined when there is none of these embeddings with this store
 * @throws PinSageError FILE_CORRUPT, FILE_VERSION
 */
async function mapIndex(run: string, embeddings: Embeddings, store: IndexStore): Promise<VectorIndex | undefined> {
  const recorded = await readRecord(run);
  const wanted = await identify(run, embeddings, store);
  if (
    recorded === undefined ||
    Object.entries(wanted).some(([key, value]) => recorded[key as keyof IndexIdentity] !== value)
  )
    return undefined;
  if (recorded.bytes <= CHECKED_AT_OPEN && (await fileDigest(join(run, FILE))) !== recorded.sha256)
    throw new PinSageError('FILE_CORRUPT', `${run}/${FILE} does not match its checksum: it was damaged or changed.`);
  const index = await VectorIndex.open(join(run, FILE), { expansionSearch: recorded.expansion });
  if (index.size === embeddings.pins && index.width === embeddings.width) return index;
  await index.close();
  throw new PinSageError('FILE_CORRUPT', `${run}/${FILE} is not an index of the run's ${embeddings.pins} pins.`);
}

/**
 * Makes a run's `index.usearch`, a key a row, for `Recommender.open` to map, and finds out how many candidates a search has to keep.
 * Progress is in pins.
 *
 * @param store Default `'f16'`: half the memory of f32, and what it mistakes is put right by the exact vectors.
 * @throws PinSageError NOT_FINITE, IO, ABORTED; INVALID_ARGUMENT for `'i8'` when the embeddings are not of length 1
 */
export async function buildIndex(
  run: string,
  embeddings: Embeddings,
  store: IndexStore = 'f16',
  options: TaskOptions = {},
): Promise<Tuning> {
  const { index, tuning } = await makeIndex(embeddings, store, options);
  try {
    await saveIndex(run, embeddings, index, tuning);
    return tuning;
  } finally {
    await index.close();
  }
}

/**
 * A run's index, mapped; made first when there is none of these embeddings with this store, or it is damaged. Where it cannot be
 * written it is held in memory. `onWarning` is told of both.
 */
export async function openIndex(
  run: string,
  embeddings: Embeddings,
  { store = 'f16', onWarning, ...task }: OpenIndexOptions = {},
): Promise<VectorIndex> {
  let why = `${run} has no index of its embeddings with ${store} numbers`;
  try {
    const index = await mapIndex(run, embeddings, store);
    if (index !== undefined) return index;
  } catch (error) {
    why = (error as Error).message;
  }
  onWarning?.(`The index is built: ${why}`);
  const { index: made, tuning } = await makeIndex(embeddings, store, task);
  try {
    await saveIndex(run, embeddings, made, tuning);
    const index = await mapIndex(run, embeddings, store);
    if (index === undefined) return made;
    await made.close();
    return index;
  } catch (error) {
    onWarning?.(`The index is held in memory, and built again at every start: ${(error as Error).message}`);
    return made;
  }
}

async function makeIndex(
  embeddings: Embeddings,
  store: IndexStore,
  options: TaskOptions,
): Promise<{ index: VectorIndex; tuning: Tuning }> {
  const { pins, width } = embeddings;
  const index = VectorIndex.create({ width, store, metric: areUnit(embeddings) ? 'cosine' : 'dot' });
  try {
    let done = 0;
    for (const rows of scatteredRows(pins)) {
      const vectors = new Float32Array(rows.length * width);
      rows.forEach((row, i) => {
        vectors.set(embeddings.of(row), i * width);
      });
      const onProgress = (added: number) => options.onProgress?.(done + added, pins);
      await index.add(rows, vectors, { ...options, onProgress });
      done += rows.length;
    }
    const tuning = await tuneExpansion(index, embeddings, options);
    index.expansionSearch = tuning.expansion;
    return { index, tuning };
  } catch (error) {
    await index.close();
    throw error;
  }
}

/**
 * All rows once, in an order in which those that follow one another are far apart: pins lie as they were imported, alike ones together, and
 * vectors that go into the graph like that make clumps that few links lead into.
 */
function* scatteredRows(count: number): Generator<Uint32Array> {
  const step = stepThrough(count);
  for (let begin = 0, row = 0; begin < count; begin += BLOCK) {
    yield Uint32Array.from({ length: Math.min(BLOCK, count - begin) }, () => {
      row = (row + step) % count;
      return row;
    });
  }
}

async function saveIndex(run: string, embeddings: Embeddings, index: VectorIndex, tuning: Tuning): Promise<void> {
  await rm(join(run, RECORD), { force: true });
  await index.save(join(run, FILE));
  const { size: bytes } = await stat(join(run, FILE));
  const identity = await identify(run, embeddings, index.store);
  const record: IndexRecord = { ...identity, ...tuning, bytes, sha256: await fileDigest(join(run, FILE)) };
  await writeFileAtomic(join(run, RECORD), `${JSON.stringify(record, null, 2)}\n`);
}

async function readRecord(run: string): Promise<IndexRecord | undefined> {
  try {
    const record: unknown = JSON.parse(await readFile(join(run, RECORD), 'utf8'));
    return typeof record === 'object' && record !== null ? (record as IndexRecord) : undefined;
  } catch {
    return undefined;
  }
}

/** What an index of these embeddings has to say of itself. */
async function identify(run: string, embeddings: Embeddings, store: IndexStore): Promise<IndexIdentity> {
  const { pins, width } = embeddings;
  return { version: 2, embeddings: embeddings.digest ?? (await modified(run)), pins, width, store };
}

/** Tells files apart that say no checksum. */
async function modified(run: string): Promise<string> {
  const { size, mtimeMs } = await stat(join(run, 'embeddings.safetensors'));
  return `${size} bytes of ${mtimeMs}`;
}

function areUnit(embeddings: Embeddings): boolean {
  const step = Math.max(1, Math.floor(embeddings.pins / SAMPLE));
  for (let row = 0; row < embeddings.pins; row += step) {
    const vector = embeddings.of(row);
    if (Math.abs(dot(vector, vector) - 1) > 1e-3) return false;
  }
  return true;
}
