import type { TaskOptions } from '@pinsage/native';
import { Landmarks, NOWHERE } from './landmarks.js';
import { placeByUmap, sampleRows } from './place-by-umap.js';

const LANDMARKS = 3000;
const BLOCK = 16_384;
/** Of the progress; the layout of the landmarks is the first part. */
const LAYOUT_SHARE = 0.6;

/** A place in the plane for every row. */
export interface PlacedPins {
  /** x and y of each row in turn, from 0 to 65,534: [n, 2]. */
  positions: Uint16Array;
  /** The rows among which the others were placed. */
  landmarks: Uint32Array;
}

export interface PlacePinsOptions extends Pick<TaskOptions, 'signal' | 'threads'> {
  width: number;
  /** How many are laid out by UMAP. Default 3000. */
  landmarks?: number;
  /** From 0 to 1. */
  onProgress?: (share: number) => void;
}

/**
 * A place in the plane for every vector [n, width]: a sample of landmarks is laid out by UMAP, and any other is placed among these. The
 * same vectors have the same places.
 */
export async function placePins(vectors: Float32Array, options: PlacePinsOptions): Promise<PlacedPins> {
  const { width, landmarks: most = LANDMARKS, signal, threads, onProgress } = options;
  const count = vectors.length / width;
  const rows = Array.from({ length: count }, (_, row) => row);
  const chosen = Uint32Array.from(count <= most ? rows : sampleRows(rows, most));
  const sample = gather(vectors, chosen, width);
  const places = await placeByUmap(sample, {
    width,
    side: NOWHERE,
    signal,
    onProgress: (done, total) => onProgress?.((LAYOUT_SHARE * done) / total),
  });
  const landmarks = new Landmarks(sample, width, places);
  const positions = new Uint16Array(2 * count);
  for (let begin = 0; begin < count; begin += BLOCK) {
    const end = Math.min(begin + BLOCK, count);
    const block = vectors.subarray(begin * width, end * width);
    positions.set(await landmarks.place(block, begin, { signal, threads }), 2 * begin);
    onProgress?.(LAYOUT_SHARE + ((1 - LAYOUT_SHARE) * end) / count);
  }
  chosen.forEach((row, index) => {
    positions[2 * row] = places.x[index];
    positions[2 * row + 1] = places.y[index];
  });
  return { positions, landmarks: chosen };
}

/** The landmarks of pins that were placed. @param vectors Theirs, [n, width]. */
export function landmarksOf(
  { positions, landmarks: rows }: PlacedPins,
  vectors: Float32Array,
  width: number,
): Landmarks {
  const axis = (of: 0 | 1) => Array.from(rows, (row) => positions[2 * row + of]);
  return new Landmarks(gather(vectors, rows, width), width, { x: axis(0), y: axis(1) });
}

function gather(vectors: Float32Array, rows: Uint32Array, width: number): Float32Array {
  const result = new Float32Array(rows.length * width);
  rows.forEach((row, index) => {
    result.set(vectors.subarray(row * width, (row + 1) * width), index * width);
  });
  return result;
}
