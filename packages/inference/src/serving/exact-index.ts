import { searchVectors } from '@pinsage/native';
import { has, rowsIn } from './bitset.js';
import { best, merge } from './nearest.js';
import type { Nearest, NearestOptions, PinIndex } from './pin-index.js';
import type { RowVectors } from './row-vectors.js';

/** Fewer allowed rows than this share of all are gathered and searched by themselves; measured, a gathered row costs about four in place. */
const FEW = 0.2;

/** Search that looks at every vector. */
export class ExactIndex implements PinIndex {
  readonly vectors: RowVectors;

  constructor(vectors: RowVectors) {
    this.vectors = vectors;
  }

  get width(): number {
    return this.vectors.width;
  }

  of(row: number): Float32Array {
    return this.vectors.of(row);
  }

  async upsert(rows: Uint32Array, vectors: Float32Array): Promise<void> {
    rows.forEach((row, i) => {
      this.vectors.set(row, vectors.subarray(i * this.width, (i + 1) * this.width));
    });
  }

  async remove(rows: Uint32Array): Promise<void> {
    for (const row of rows) this.vectors.remove(row);
  }

  async nearest(vector: Float32Array, options: NearestOptions): Promise<Nearest> {
    const { allowed } = options;
    if (allowed !== undefined) {
      const rows = rowsIn(allowed, FEW * this.vectors.baseRows);
      if (rows !== undefined) return nearestAmong(this.vectors, rows, vector, options);
    }
    const [base, added] = await Promise.all([this.#inBase(vector, options), this.#inAdded(vector, options)]);
    return merge(base, added, options.top);
  }

  async close(): Promise<void> {}

  async #inBase(vector: Float32Array, { top, allowed, exclude = [], signal }: NearestOptions): Promise<Nearest> {
    const { base, baseRows, gone } = this.vectors;
    const ids = new Set(gone);
    for (let i = 0; i < exclude.length; ++i) if (exclude[i] < baseRows) ids.add(exclude[i]);
    return best(
      await searchVectors(vector, base, {
        width: this.width,
        top,
        exclude: { offsets: Uint32Array.of(0, ids.size), ids: Uint32Array.from(ids) },
        allowed: allowed && bytesOf(allowed, baseRows),
        signal,
      }),
    );
  }

  async #inAdded(vector: Float32Array, options: NearestOptions): Promise<Nearest> {
    const { rows } = this.vectors.added;
    const { allowed } = options;
    const wanted = allowed === undefined ? rows : rows.filter((row) => has(allowed, row));
    return nearestAmong(this.vectors, wanted, vector, options);
  }
}

/** The nearest of these rows, of those that there are. Their vectors are copied first, so that they may change meanwhile. */
export async function nearestAmong(
  vectors: RowVectors,
  rows: Uint32Array,
  vector: Float32Array,
  { top, exclude = [], signal }: NearestOptions,
): Promise<Nearest> {
  const out = new Set(Array.from(exclude));
  const wanted = rows.filter((row) => vectors.has(row) && !out.has(row)).sort();
  if (wanted.length === 0) return { rows: wanted, scores: new Float32Array(0) };
  const { width } = vectors;
  const gathered = new Float32Array(wanted.length * width);
  wanted.forEach((row, i) => {
    gathered.set(vectors.of(row), i * width);
  });
  const found = best(await searchVectors(vector, gathered, { width, top, signal }));
  return { rows: found.rows.map((i) => wanted[i]), scores: found.scores };
}

const unpacked = new WeakMap<Uint8Array, Uint8Array>();

/** A bitset as a byte a row, which is remembered: filters are used again. */
function bytesOf(bits: Uint8Array, rows: number): Uint8Array {
  let bytes = unpacked.get(bits);
  if (bytes === undefined || bytes.length !== rows) {
    bytes = Uint8Array.from({ length: rows }, (_, row) => Number(has(bits, row)));
    unpacked.set(bits, bytes);
  }
  return bytes;
}
