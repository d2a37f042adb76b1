/** The pins behind a score matrix: those of m queries and those of the columns that `Candidates` describes. */
export interface CandidatePins {
  /** Members of query i: queries[offsets[i]] ... queries[offsets[i + 1] - 1]. */
  offsets: ArrayLike<number>;
  queries: ArrayLike<number>;
  /** [n] */
  positives: ArrayLike<number>;
  /** [m] The column of each query's own positive. Default: column i of query i. */
  own?: ArrayLike<number>;
  /** [s] */
  shared?: ArrayLike<number>;
  /** [m * h] */
  hard?: ArrayLike<number>;
}

/**
 * The pairs (query, column), one after the other, whose candidate is the query's positive or one of its members by chance: to
 * count them as negatives would push a pin away from itself. A query's own positive is never among them.
 */
export function accidentalHits(pins: CandidatePins): Int32Array {
  const { offsets, queries, positives, shared = [], hard = [] } = pins;
  const n = positives.length;
  const m = offsets.length - 1;
  const columns = new Map<number, number[]>();
  const list = (pin: number, column: number) => {
    const known = columns.get(pin);
    if (known === undefined) columns.set(pin, [column]);
    else known.push(column);
  };
  for (let j = 0; j < n; ++j) list(positives[j], j);
  for (let j = 0; j < shared.length; ++j) list(shared[j], n + j);

  const hits: number[] = [];
  const perQuery = hard.length / m;
  for (let i = 0; i < m; ++i) {
    const positive = pins.own === undefined ? i : pins.own[i];
    const own = new Set([positives[positive]]);
    for (let j = offsets[i]; j < offsets[i + 1]; ++j) own.add(queries[j]);
    for (const pin of own) {
      for (const column of columns.get(pin) ?? []) if (column !== positive) hits.push(i, column);
    }
    for (let j = 0; j < perQuery; ++j) {
      if (own.has(hard[i * perQuery + j])) hits.push(i, n + shared.length + j);
    }
  }
  return Int32Array.from(hits);
}
