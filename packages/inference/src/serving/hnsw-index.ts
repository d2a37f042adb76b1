import { type IndexSearchOptions, type SearchResult, VectorIndex } from '@pinsage/native';
import { fullBitset, intersection, remove, rowsIn } from './bitset.js';
import { nearestAmong } from './exact-index.js';
import { best, merge } from './nearest.js';
import type { Nearest, NearestOptions, PinIndex } from './pin-index.js';
import type { RowVectors } from './row-vectors.js';
import { SPARE } from './tune-index.js';
import { dot } from './vector-math.js';

/** With so many allowed rows or fewer, all of them are looked at: a graph search would meet hardly any of them. */
const FEW_ALLOWED = 5000;
/** With so many candidates or fewer, a search takes less than the way to another thread and back. */
const AT_ONCE = 64;
/** Excluded rows that are found and thrown away; for more the search itself is told. */
const OVERFETCHED = 256;

/**
 * Approximate search by a hierarchical navigable small-world graph (Malkov and Yashunin, TPAMI 2020): a mapped index of the base
 * vectors, and a second one in memory of those that were set since.
 */
export class HnswIndex implements PinIndex {
  readonly vectors: RowVectors;
  readonly #base: VectorIndex;
  #added?: VectorIndex;
  /** Rows of the base that are not replaced or removed; undefined for all. */
  #current?: Uint8Array;

  /** @param base The index of the base vectors by row, which is closed with this one. */
  constructor(vectors: RowVectors, base: VectorIndex) {
    this.vectors = vectors;
    this.#base = base;
  }

  get width(): number {
    return this.vectors.width;
  }

  of(row: number): Float32Array {
    return this.vectors.of(row);
  }

  async upsert(rows: Uint32Array, vectors: Float32Array): Promise<void> {
    const { width, metric, store, connectivity, expansionSearch } = this.#base;
    this.#added ??= VectorIndex.create({ width, metric, store, connectivity, expansionSearch });
    await this.#added.add(rows, vectors);
    rows.forEach((row, i) => {
      this.vectors.set(row, vectors.subarray(i * width, (i + 1) * width));
    });
    this.#retire(rows);
  }

  async remove(rows: Uint32Array): Promise<void> {
    for (const row of rows) this.vectors.remove(row);
    this.#retire(rows);
    await this.#added?.remove(rows);
  }

  async nearest(vector: Float32Array, options: NearestOptions): Promise<Nearest> {
    const { top, allowed, signal } = options;
    if (allowed !== undefined) {
      const rows = rowsIn(allowed, FEW_ALLOWED);
      if (rows !== undefined) return nearestAmong(this.vectors, rows, vector, options);
    }
    const excluded = new Set(Array.from(options.exclude ?? []));
    const told = excluded.size > OVERFETCHED;
    const permitted = told ? this.#without(excluded, allowed) : allowed;
    const search = { top: top + SPARE + (told ? 0 : excluded.size), signal };
    const [base, added] = await Promise.all([
      this.#inBase(vector, { ...search, allowed: intersection(permitted, this.#current) }),
      this.#added?.search(vector, { ...search, allowed: permitted }),
    ]);
    const found = added === undefined ? best(base) : merge(best(base), best(added), search.top);
    return this.#exactly(vector, found.rows, excluded, top);
  }

  async close(): Promise<void> {
    await this.#base.close();
    await this.#added?.close();
  }

  #inBase(vector: Float32Array, search: IndexSearchOptions): SearchResult | Promise<SearchResult> {
    const { expansionSearch, writable } = this.#base;
    // A search passes through what is not allowed: how many candidates that takes nobody knows.
    const isShort = Math.max(expansionSearch, search.top) <= AT_ONCE && search.allowed === undefined;
    return isShort && !writable && !search.signal?.aborted
      ? this.#base.searchNow(vector, search)
      : this.#base.search(vector, search);
  }

  /** The best of the candidates by their exact inner products. */
  #exactly(vector: Float32Array, candidates: Uint32Array, excluded: Set<number>, top: number): Nearest {
    const kept = candidates.filter((row) => !excluded.has(row) && this.vectors.has(row));
    const ranked = Array.from(kept, (row) => ({ row, score: dot(vector, this.vectors.of(row)) }))
      .sort((a, b) => b.score - a.score || a.row - b.row)
      .slice(0, top);
    return {
      rows: Uint32Array.from(ranked, ({ row }) => row),
      scores: Float32Array.from(ranked, ({ score }) => score),
    };
  }

  #retire(rows: Uint32Array): void {
    for (const row of rows) {
      if (row >= this.vectors.baseRows) continue;
      this.#current ??= fullBitset(this.vectors.baseRows);
      remove(this.#current, row);
    }
  }

  /** A bitset of the rows that are left. */
  #without(excluded: Set<number>, allowed?: Uint8Array): Uint8Array {
    const bits = allowed?.slice() ?? fullBitset(this.vectors.rows);
    for (const row of excluded) remove(bits, row);
    return bits;
  }
}
