import { randomWords, VectorIndex } from '@pinsage/native';
import { expect, it } from 'vitest';
import { Embeddings } from '../src/index.js';
import { tuneExpansion } from '../src/serving/tune-index.js';

const WIDTH = 64;
const ROWS = 5000;

/** As many directions as there are centres, and a tenth of noise around each. */
function around(centres: number) {
  const numbers = (stream: number, count: number) =>
    Float32Array.from(randomWords(5n, [0, 0, 0], stream, count * WIDTH), (word) => word / 2 ** 32 - 0.5);
  const centre = numbers(1, centres);
  const noise = numbers(2, ROWS);
  return noise.map((value, at) => {
    const row = Math.floor(at / WIDTH) % centres;
    return centre[row * WIDTH + (at % WIDTH)] + 0.1 * value;
  });
}

async function tuned(vectors: Float32Array, metric: 'cosine' | 'dot' = 'dot') {
  const index = VectorIndex.create({ width: WIDTH, metric });
  await index.add(
    Uint32Array.from({ length: vectors.length / WIDTH }, (_, row) => row),
    vectors,
  );
  const tuning = await tuneExpansion(index, new Embeddings(vectors, WIDTH), {});
  await index.close();
  return tuning;
}

it('takes more candidates where every direction is its own', async () => {
  const together = await tuned(around(100));
  const apart = await tuned(around(ROWS));
  expect(together.recall).toBeGreaterThanOrEqual(0.99);
  expect(apart.recall).toBeGreaterThanOrEqual(0.95);
  expect(apart.expansion).toBeGreaterThan(together.expansion);
});

it('takes pins that are as near for as good, and few pins as they are', async () => {
  const same = new Float32Array(200 * WIDTH).fill(0.1);
  expect(await tuned(same)).toEqual({ expansion: 16, recall: 1 });
  expect((await tuned(same.subarray(0, WIDTH))).expansion).toBe(16);
  expect((await tuned(same.subarray(0, 3 * WIDTH))).recall).toBe(1);
});
