import type { SearchResult } from '@pinsage/native';
import type { Nearest } from './pin-index.js';

/** What a search of one vector found. */
export function best({ ids, scores, counts }: SearchResult): Nearest {
  return { rows: ids.subarray(0, counts[0]), scores: scores.subarray(0, counts[0]) };
}

/** Both lists as one, best first, ties by smaller row. */
export function merge(a: Nearest, b: Nearest, top: number): Nearest {
  if (b.rows.length === 0) return a;
  const rows = [...a.rows, ...b.rows];
  const scores = [...a.scores, ...b.scores];
  const order = Array.from(rows.keys())
    .sort((i, j) => scores[j] - scores[i] || rows[i] - rows[j])
    .slice(0, top);
  return { rows: Uint32Array.from(order, (i) => rows[i]), scores: Float32Array.from(order, (i) => scores[i]) };
}
