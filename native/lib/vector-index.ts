import { open, rm } from 'node:fs/promises';
import { addon } from './addon.js';
import { checkBoolean, checkChoice, checkInteger, invalidArgument, PinSageError } from './errors.js';
import { commitRename, ioError, temporaryName } from './files.js';
import { RunningCalls } from './running-calls.js';
import type { SearchResult } from './search.js';
import { runTask, type TaskOptions } from './task.js';
import { checkArray } from './typed-arrays.js';

const METRICS = ['cosine', 'dot'] as const;
const STORES = ['f32', 'f16', 'i8'] as const;

const EXPANSION_SEARCH = 64;

/** How an index keeps numbers: 4, 2 or 1 byte each. */
export type IndexStore = (typeof STORES)[number];

export interface VectorIndexOptions {
  /** Numbers of a vector, 1 to 65,536. */
  width: number;
  /** What a score is: the cosine, or the inner product of vectors of any length. Default `'cosine'`. */
  metric?: (typeof METRICS)[number];
  /** Default `'f32'`. `'i8'` is for the cosine only. */
  store?: IndexStore;
  /** Links of a vector on every level but the lowest, which has twice as many; 2 to 512. Default 16. */
  connectivity?: number;
  /** Candidates that are kept while a vector's place is looked for, 1 to 65,536: more are slower and better. Default 128. */
  expansionAdd?: number;
  /** The same in a search that does not say. Default 64. */
  expansionSearch?: number;
}

export interface IndexSearchOptions extends TaskOptions {
  /** Vectors to find for each query, 1 to 65,536. */
  top: number;
  /** Candidates that are kept while searching, 1 to 65,536; at least `top` are. Default: the index's `expansionSearch`. */
  expansion?: number;
  /**
   * Which keys may be found: key k where bit k & 7 of byte k >> 3 is set. A search passes through vectors that are not allowed, so that
   * it slows down as fewer are: below a few percent, an exact search over those is faster and finds them all. Default: all.
   */
  allowed?: Uint8Array;
}

interface Opened {
  width: number;
  metric: number;
  store: number;
  connectivity: number;
  writable: boolean;
  handle: unknown;
}

/**
 * Approximate nearest neighbours: a hierarchical navigable small world graph (Malkov and Yashunin 2018), kept by usearch, over
 * vectors under keys of 32 bits. Calls may run at the same time. Links depend on the order in which threads come, so that two
 * indices of the same vectors may differ in what they miss.
 */
export class VectorIndex {
  readonly width: number;
  readonly metric: (typeof METRICS)[number];
  readonly store: IndexStore;
  readonly connectivity: number;
  /** Whether vectors can be added and removed. */
  readonly writable: boolean;
  readonly #handle: unknown;
  readonly #calls = new RunningCalls('The index');
  #expansionSearch: number;

  private constructor({ width, metric, store, connectivity, writable, handle }: Opened, expansionSearch: number) {
    this.width = width;
    this.metric = METRICS[metric];
    this.store = STORES[store];
    this.connectivity = connectivity;
    this.writable = writable;
    this.#expansionSearch = expansionSearch;
    this.#handle = handle;
  }

  /** An empty index. @throws INVALID_ARGUMENT · OUT_OF_MEMORY */
  static create(options: VectorIndexOptions): VectorIndex {
    const width = checkInteger('width', options.width, 1, 65_536);
    const metric = checkChoice('metric', options.metric ?? 'cosine', METRICS);
    const store = checkChoice('store', options.store ?? 'f32', STORES);
    const connectivity = checkInteger('connectivity', options.connectivity ?? 16, 2, 512);
    const add = checkExpansion('expansionAdd', options.expansionAdd ?? 128);
    const search = checkExpansion('expansionSearch', options.expansionSearch ?? EXPANSION_SEARCH);
    // 8-bit integers keep a vector's direction, and not its length.
    if (store === 'i8' && metric === 'dot')
      throw invalidArgument('store', store, "'f32' or 'f16' where the metric is 'dot'");
    return new VectorIndex(
      addon.createVectorIndex(width, METRICS.indexOf(metric), STORES.indexOf(store), connectivity, add),
      search,
    );
  }

  /**
   * An index that `save` wrote, or usearch with the same types. The whole file is checked first: a damaged one is refused.
   *
   * @param options.writable Whether vectors can be added and removed: the file is read then, and mapped otherwise. Default false.
   * @throws FILE_NOT_FOUND · FILE_CORRUPT · FILE_VERSION
   */
  static async open(
    path: string,
    options: TaskOptions & { writable?: boolean; expansionSearch?: number } = {},
  ): Promise<VectorIndex> {
    const writable = checkBoolean('writable', options.writable ?? false);
    const expansion = checkExpansion('expansionSearch', options.expansionSearch ?? EXPANSION_SEARCH);
    return new VectorIndex(
      await runTask<Opened>(options, (threads, control) =>
        addon.openVectorIndex(String(path), writable, threads, control),
      ),
      expansion,
    );
  }

  /** Candidates that are kept in a search that does not say. Can be set. @throws INVALID_ARGUMENT */
  get expansionSearch(): number {
    return this.#expansionSearch;
  }

  set expansionSearch(candidates: number) {
    this.#expansionSearch = checkExpansion('expansionSearch', candidates);
  }

  /** Vectors that can be found. */
  get size(): number {
    this.#calls.check();
    return addon.vectorIndexSize(this.#handle);
  }

  /**
   * Adds vectors, on all threads. What was there under a key is replaced; a search that runs meanwhile may find neither. Numbers that are
   * not finite change nothing; a call that is aborted or runs out of memory leaves some of the vectors added. Progress is in vectors.
   *
   * @param keys [n] each once
   * @param vectors [n, width]
   * @throws INVALID_ARGUMENT · NOT_FINITE · ABORTED · OUT_OF_MEMORY · CLOSED
   */
  async add(keys: Uint32Array, vectors: Float32Array, options: TaskOptions = {}): Promise<void> {
    this.#calls.check();
    checkArray('keys', keys, Uint32Array);
    checkArray('vectors', vectors, Float32Array, keys.length * this.width);
    if (new Set(keys).size !== keys.length) throw invalidArgument('keys', keys, 'each key once');
    if (keys.includes(0xffffffff)) throw invalidArgument('keys', 0xffffffff, 'keys below 0xffffffff');
    await this.#calls.run(options, (threads, control) =>
      addon.vectorIndexAdd(this.#handle, keys, vectors, threads, control),
    );
  }

  /** Takes vectors out; keys that are not there are passed over. @throws INVALID_ARGUMENT · CLOSED */
  async remove(keys: Uint32Array): Promise<void> {
    this.#calls.check();
    checkArray('keys', keys, Uint32Array);
    await this.#calls.run({}, (threads, control) => addon.vectorIndexRemove(this.#handle, keys, threads, control));
  }

  /**
   * The vectors nearest to each query, most of them: how many depends on `expansion`. Scores are as the index keeps the vectors,
   * to the precision of `store`.
   *
   * @param queries [n, width]
   * @throws INVALID_ARGUMENT · NOT_FINITE · ABORTED · CLOSED
   */
  async search(queries: Float32Array, options: IndexSearchOptions): Promise<SearchResult> {
    const { args, result } = this.#searchOf(queries, options);
    await this.#calls.run(options, (threads, control) => addon.vectorIndexSearch(...args, threads, control));
    return result;
  }

  /**
   * As `search`, for an index that cannot be written to, on the calling thread: with a few dozen candidates a query takes less than the
   * way to another thread and back.
   *
   * @throws INVALID_ARGUMENT · NOT_FINITE · CLOSED
   */
  searchNow(queries: Float32Array, options: Omit<IndexSearchOptions, keyof TaskOptions>): SearchResult {
    if (this.writable) throw invalidArgument('index', 'a writable one', 'an index that cannot be written to');
    const { args, result } = this.#searchOf(queries, options);
    addon.vectorIndexSearchNow(...args);
    return result;
  }

  /** What the addon is asked, and what it fills. */
  #searchOf(queries: Float32Array, options: IndexSearchOptions) {
    this.#calls.check();
    const n = checkArray('queries', queries, Float32Array).length / this.width;
    if (!Number.isInteger(n)) throw invalidArgument('queries', queries, `rows of ${this.width} numbers`);
    const top = checkInteger('top', options.top, 1, Math.min(65_536, Math.floor(2 ** 32 / Math.max(n, 1))));
    const expansion = checkExpansion('expansion', options.expansion ?? this.#expansionSearch);
    const { allowed } = options;
    if (allowed !== undefined) checkArray('allowed', allowed, Uint8Array);
    const ids = new Uint32Array(n * top);
    const scores = new Float32Array(n * top);
    const counts = new Uint32Array(n);
    const args = [this.#handle, queries, allowed, expansion, top, ids, scores, counts];
    return { args, result: { ids, scores, counts } };
  }

  /**
   * Writes the index to a file, which usearch opens in other languages too. It is written beside, synced and renamed.
   *
   * @throws IO · ABORTED · CLOSED
   */
  async save(path: string, options: TaskOptions = {}): Promise<void> {
    this.#calls.check();
    const temporary = temporaryName(path);
    try {
      await this.#calls.run(options, (threads, control) =>
        addon.saveVectorIndex(this.#handle, temporary, threads, control),
      );
      await syncFile(temporary);
      await commitRename(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error instanceof PinSageError ? error : ioError('writing', path, error);
    }
  }

  /** Ends the use of the index: later calls throw CLOSED. The promise resolves once running calls are done. */
  close(): Promise<void> {
    return this.#calls.close(() => addon.closeVectorIndex(this.#handle));
  }

  [Symbol.dispose](): void {
    this.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function checkExpansion(name: string, candidates: number): number {
  return checkInteger(name, candidates, 1, 65_536);
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
