import { randomWords, searchVectors, type TaskOptions } from '@pinsage/native';
import type { Places } from './layout.js';
import { normalised, placeByUmap, sampleRows } from './place-by-umap.js';

/** Coordinates of the map are from 0 to 65,535. */
const SIDE = 2 ** 16;
const LANDMARKS = 3000;
/** Landmarks that a pin is placed among. */
const NEAREST = 6;
/** Of the cosines: a landmark that is this much further away counts 1 / e. */
const TEMPERATURE = 0.04;
const BLOCK = 16_384;
/** Of the progress; the layout of the landmarks is the first part. */
const LAYOUT_SHARE = 0.6;

export interface PlacePinsOptions extends Pick<TaskOptions, 'signal' | 'threads'> {
  width: number;
  /** How many are laid out by UMAP. Default 3000. */
  landmarks?: number;
  /** From 0 to 1. */
  onProgress?: (share: number) => void;
}

/**
 * A place in the plane for every vector [n, width]: a sample of landmarks is laid out by UMAP, and any other goes to the mean of its
 * nearest landmarks' places, weighted by exp(cosine / temperature), moved a little at random so that alike pins do not hide one
 * another. The same vectors have the same places.
 *
 * @returns x and y of each in turn, [n, 2]
 */
export async function placePins(vectors: Float32Array, options: PlacePinsOptions): Promise<Uint16Array> {
  const { width, landmarks: most = LANDMARKS, signal, threads, onProgress } = options;
  const count = vectors.length / width;
  const rows = Array.from({ length: count }, (_, row) => row);
  const chosen = count <= most ? rows : sampleRows(rows, most);
  const landmarks = new Float32Array(chosen.length * width);
  chosen.forEach((row, index) => {
    landmarks.set(vectors.subarray(row * width, (row + 1) * width), index * width);
  });
  const places = await placeByUmap(landmarks, {
    width,
    side: SIDE,
    signal,
    onProgress: (done, total) => onProgress?.((LAYOUT_SHARE * done) / total),
  });
  const directions = normalised(landmarks, width);
  const positions = new Uint16Array(2 * count);
  const top = Math.min(NEAREST, chosen.length);
  for (let begin = 0; begin < count; begin += BLOCK) {
    const end = Math.min(begin + BLOCK, count);
    const block = normalised(vectors.subarray(begin * width, end * width), width);
    const { ids, scores } = await searchVectors(block, directions, { width, top, signal, threads });
    // Four words a pin, by its row.
    const words = randomWords(0n, [1, 0, begin], 0, 4 * (end - begin));
    for (let pin = 0; pin < end - begin; pin++) {
      const near = {
        ids: ids.subarray(pin * top, (pin + 1) * top),
        scores: scores.subarray(pin * top, (pin + 1) * top),
      };
      place(positions.subarray(2 * (begin + pin)), near, places, words.subarray(4 * pin));
    }
    onProgress?.(LAYOUT_SHARE + ((1 - LAYOUT_SHARE) * end) / count);
  }
  chosen.forEach((row, index) => {
    positions[2 * row] = places.x[index];
    positions[2 * row + 1] = places.y[index];
  });
  return positions;
}

/** The weighted mean of the landmarks' places, and from there a random step that is no longer than they are spread. */
function place(
  position: Uint16Array,
  { ids, scores }: { ids: Uint32Array; scores: Float32Array },
  { x, y }: Places,
  words: Uint32Array,
): void {
  const weights = scores.map((score) => Math.exp((score - scores[0]) / TEMPERATURE));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const mean = (values: (landmark: number) => number) =>
    ids.reduce((total, landmark, i) => total + (weights[i] / sum) * values(landmark), 0);
  const [meanX, meanY] = [mean((landmark) => x[landmark]), mean((landmark) => y[landmark])];
  const spread = Math.sqrt(mean((landmark) => (x[landmark] - meanX) ** 2 + (y[landmark] - meanY) ** 2));
  const step = Math.min(Math.max(spread, SIDE / 400), SIDE / 60) * Math.sqrt(words[0] / 2 ** 32);
  const angle = (2 * Math.PI * words[1]) / 2 ** 32;
  position[0] = onMap(meanX + step * Math.cos(angle));
  position[1] = onMap(meanY + step * Math.sin(angle));
}

function onMap(value: number): number {
  return Math.min(Math.max(Math.round(value), 0), SIDE - 1);
}
