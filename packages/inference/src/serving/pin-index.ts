/** What a search of one vector takes. */
export interface NearestOptions {
  /** Pins to find. */
  top: number;
  /** Bit `row & 7` of byte `row >> 3` tells whether a row may be found; rows beyond its end may not. Default: all may. */
  allowed?: Uint8Array;
  /** Rows to leave out. Default: none. */
  exclude?: ArrayLike<number>;
  signal?: AbortSignal;
}

/** Rows with the largest inner products with a vector, best first. */
export interface Nearest {
  rows: Uint32Array;
  scores: Float32Array;
}

/** The pins' embeddings by row, and search over them. What has been written is seen by every search that begins later. */
export interface PinIndex {
  /** Numbers a vector. */
  readonly width: number;
  /** A row's vector: a view, not to be written to. */
  of(row: number): Float32Array;
  /** Sets the vectors of rows, new ones too. @param vectors [rows, width] */
  upsert(rows: Uint32Array, vectors: Float32Array): Promise<void>;
  /** Takes rows out of every search. */
  remove(rows: Uint32Array): Promise<void>;
  /** The nearest pins: fewer than `top` where there are not as many. @throws PinSageError NOT_FINITE, ABORTED */
  nearest(vector: Float32Array, options: NearestOptions): Promise<Nearest>;
  close(): Promise<void>;
}
