import { randomWords } from '@pinsage/native';

const CENTRES = 4000;

/** Fills [n, width] with vectors of length 1, each a centre and noise of half its length, and gives them back. */
export function fillClustered(vectors, width) {
  const centre = numbers(1, 0, CENTRES * width);
  return fill(vectors, width, (row) => {
    const noise = numbers(2, row, width);
    const at = ((row * 2654435761) % CENTRES) * width;
    return noise.map((value, k) => centre[at + k] + 0.5 * value);
  });
}

/** Fills [n, width] with vectors of length 1 in any direction, and gives them back. */
export function fillRandom(vectors, width) {
  return fill(vectors, width, (row) => numbers(2, row, width));
}

function fill(vectors, width, vectorOf) {
  for (let row = 0; row < vectors.length / width; row++) {
    const vector = vectorOf(row);
    const length = Math.hypot(...vector);
    vectors.set(
      vector.map((value) => value / length),
      row * width,
    );
  }
  return vectors;
}

/** Uniform between -.5 and .5. */
function numbers(stream, block, count) {
  return Float32Array.from(randomWords(7n, [block, 0, 0], stream, count), (word) => word / 2 ** 32 - 0.5);
}
