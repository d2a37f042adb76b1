import type { Pairs } from '../pairs.js';

/** Which part of a step is whose: of its pairs, and of its shared negatives, each `size`-th one, beginning with the `rank`-th. */
export interface Share {
  rank: number;
  size: number;
}

/** Of a training in one process. */
export const everything: Share = { rank: 0, size: 1 };

/** How many of the first n are this share's. */
export function countOf(n: number, { rank, size }: Share): number {
  return Math.max(0, Math.ceil((n - rank) / size));
}

/** Of rows of `width` numbers, this share's. */
export function dealt(values: Uint32Array, share: Share, width = 1): Uint32Array {
  if (share.size === 1) return values;
  const rows = countOf(width === 0 ? 0 : values.length / width, share);
  const own = new Uint32Array(rows * width);
  for (let row = 0; row < rows; row++) {
    const from = (share.rank + row * share.size) * width;
    own.set(values.subarray(from, from + width), row * width);
  }
  return own;
}

export function dealtPairs({ width, queries, counts, items, boards }: Pairs, share: Share): Pairs {
  return {
    width,
    queries: dealt(queries, share, width),
    counts: dealt(counts, share),
    items: dealt(items, share),
    boards: boards && dealt(boards, share),
  };
}

/** Where the candidates of all workers lie, one worker behind the other: its items, then its shared negatives. */
export interface Places {
  /** [size] Candidates of each worker. */
  counts: Uint32Array;
  /** Of all items, and of all shared negatives, in the order of the step. */
  items: Int32Array;
  shared: Int32Array;
}

export function placesOf(items: number, shared: number, size: number): Places {
  const itemCounts = Array.from({ length: size }, (_, rank) => countOf(items, { rank, size }));
  const counts = Uint32Array.from(itemCounts, (count, rank) => count + countOf(shared, { rank, size }));
  const firsts = Array.from(counts, (_, rank) => counts.subarray(0, rank).reduce((sum, count) => sum + count, 0));
  const place = (i: number) => firsts[i % size] + Math.floor(i / size);
  return {
    counts,
    items: Int32Array.from({ length: items }, (_, i) => place(i)),
    shared: Int32Array.from({ length: shared }, (_, i) => place(i) + itemCounts[i % size]),
  };
}
