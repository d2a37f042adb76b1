/** Vectors by row: those of a base that is not written to, and others that were set since, kept beside it. */
export class RowVectors {
  readonly width: number;
  /** [n, width] */
  readonly base: Float32Array;
  /** Rows of the base that are replaced or removed. */
  readonly gone = new Set<number>();
  /** One more than the largest row there has been. */
  rows: number;
  readonly #slots = new Map<number, number>();
  #rows = new Uint32Array(0);
  #vectors = new Float32Array(0);

  constructor(base: Float32Array, width: number) {
    this.base = base;
    this.width = width;
    this.rows = this.baseRows;
  }

  get baseRows(): number {
    return this.base.length / this.width;
  }

  /** The rows that were set, and their vectors [set, width]: views, in no order. */
  get added(): { rows: Uint32Array; vectors: Float32Array } {
    const { size } = this.#slots;
    return { rows: this.#rows.subarray(0, size), vectors: this.#vectors.subarray(0, size * this.width) };
  }

  has(row: number): boolean {
    return this.#slots.has(row) || (row < this.baseRows && !this.gone.has(row));
  }

  of(row: number): Float32Array {
    const slot = this.#slots.get(row);
    const [vectors, at] = slot === undefined ? [this.base, row] : [this.#vectors, slot];
    return vectors.subarray(at * this.width, (at + 1) * this.width);
  }

  set(row: number, vector: Float32Array): void {
    let slot = this.#slots.get(row);
    if (slot === undefined) {
      slot = this.#slots.size;
      this.#reserve(slot + 1);
      this.#slots.set(row, slot);
      this.#rows[slot] = row;
      this.rows = Math.max(this.rows, row + 1);
      if (row < this.baseRows) this.gone.add(row);
    }
    this.#vectors.set(vector, slot * this.width);
  }

  remove(row: number): void {
    if (row < this.baseRows) this.gone.add(row);
    const slot = this.#slots.get(row);
    if (slot === undefined) return;
    // The last one takes its place.
    const last = this.#slots.size - 1;
    this.#rows[slot] = this.#rows[last];
    this.#vectors.copyWithin(slot * this.width, last * this.width, (last + 1) * this.width);
    this.#slots.set(this.#rows[slot], slot);
    this.#slots.delete(row);
  }

  #reserve(count: number): void {
    if (count <= this.#rows.length) return;
    const capacity = Math.max(64, 2 * this.#rows.length);
    const rows = new Uint32Array(capacity);
    rows.set(this.#rows);
    const vectors = new Float32Array(capacity * this.width);
    vectors.set(this.#vectors);
    this.#rows = rows;
    this.#vectors = vectors;
  }
}
