/** Lists of ids after one another: list i is ids[offsets[i]] … ids[offsets[i + 1] - 1]. */
export interface Lists {
  /** [n + 1] */
  offsets: Uint32Array;
  ids: Uint32Array;
}

export function toLists(rows: ArrayLike<number>[]): Lists {
  const offsets = new Uint32Array(rows.length + 1);
  for (const [i, row] of rows.entries()) offsets[i + 1] = offsets[i] + row.length;
  const ids = new Uint32Array(offsets[rows.length]);
  for (const [i, row] of rows.entries()) ids.set(row, offsets[i]);
  return { offsets, ids };
}

/** List i: a view, not a copy. */
export function listOf(lists: Lists, i: number): Uint32Array {
  return lists.ids.subarray(lists.offsets[i], lists.offsets[i + 1]);
}

export function listCount(lists: Lists): number {
  return lists.offsets.length - 1;
}

/** Lists first … end - 1, as lists of their own. */
export function sliceLists(lists: Lists, first: number, end: number): Lists {
  const start = lists.offsets[first];
  return {
    offsets: lists.offsets.slice(first, end + 1).map((offset) => offset - start),
    ids: lists.ids.subarray(start, lists.offsets[end]),
  };
}
