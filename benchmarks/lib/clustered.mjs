import { randomWords } from '@pinsage/native';

const CENTRES = 4000;

/** Fills [n, width] with vectors of length 1, each a centre and noise of half its length, and gives them back. */
export function fillClustered(vectors, width) {
  const numbers = (stream, block, count) =>
    Float32Array.from(randomWords(7n, [block, 0, 0], stream, count), (word) => word / 2 ** 32 - 0.5);
  const centre = numbers(1, 0, CENTRES * width);
  for (let row = 0; row < vectors.length / width; row++) {
    const noise = numbers(2, row, width);
    const at = ((row * 2654435761) % CENTRES) * width;
    const vector = vectors.subarray(row * width, (row + 1) * width);
    for (let k = 0; k < width; k++) vector[k] = centre[at + k] + 0.5 * noise[k];
    const length = Math.hypot(...vector);
    for (let k = 0; k < width; k++) vector[k] /= length;
  }
  return vectors;
}
