import { randomWords, searchVectors } from '@pinsage/native';
import { layout, type Places } from './layout.js';

const NEIGHBORS = 15;
const BUDGET = 10_000; // ms

export interface PlaceOptions {
  /** Length of a vector. */
  width: number;
  /** Coordinates are integers from 0 to side - 1. */
  side: number;
  signal?: AbortSignal;
  /** In rounds of the layout. */
  onProgress?: (done: number, total: number) => void;
}

/**
 * Places some vectors [n, width] in the plane by the cosines between them: near ones have similar directions. A few thousand at most; it
 * takes the calling thread up to ten seconds.
 */
export async function placeByUmap(vectors: Float32Array, options: PlaceOptions): Promise<Places> {
  const { width, side, signal, onProgress } = options;
  const directions = normalised(vectors, width);
  const top = Math.min(NEIGHBORS, directions.length / width);
  const { ids, scores } = await searchVectors(directions, directions, { width, top, signal });
  const distances = scores.map((score) => Math.sqrt(Math.max(2 - 2 * score, 0)));
  return layout(directions, { width, neighbors: top, ids, distances, side, budget: BUDGET, onProgress });
}

/** Some of the rows, at random but always the same. */
export function sampleRows(rows: number[], size: number): number[] {
  const words = randomWords(0n, [0, 0, 0], 0, rows.length);
  return rows
    .map((row, index) => ({ row, order: words[index] }))
    .sort((a, b) => a.order - b.order)
    .slice(0, size)
    .map(({ row }) => row);
}

/** Rows of length 1, so that inner products are cosines. */
export function normalised(vectors: Float32Array, width: number): Float32Array {
  const result = vectors.slice();
  for (let begin = 0; begin < result.length; begin += width) {
    const row = result.subarray(begin, begin + width);
    const length = Math.hypot(...row) || 1;
    row.forEach((value, index) => {
      row[index] = value / length;
    });
  }
  return result;
}
