import { randomWords } from '@pinsage/native';
import { describe, expect, it } from 'vitest';
import { add, ExactIndex, emptyBitset, RowVectors } from '../src/index.js';

const WIDTH = 6;
const ROWS = 500;

function vectorsOf(stream: number, count: number) {
  return Float32Array.from(randomWords(3n, [0, 0, 0], stream, count * WIDTH), (word) => word / 2 ** 32 - 0.5);
}

/** An index and a map of what has to be in it, both after the same random changes. */
async function changed(): Promise<{ index: ExactIndex; expected: Map<number, Float32Array> }> {
  const base = vectorsOf(1, ROWS);
  const index = new ExactIndex(new RowVectors(base, WIDTH));
  const expected = new Map<number, Float32Array>(
    Array.from({ length: ROWS }, (_, row) => [row, base.slice(row * WIDTH, (row + 1) * WIDTH)]),
  );
  const words = randomWords(4n, [0, 0, 0], 1, 3 * 200);
  for (let i = 0; i < 200; ++i) {
    const row = words[3 * i] % (ROWS + 150);
    if (words[3 * i + 1] % 3 === 0) {
      await index.remove(Uint32Array.of(row));
      expected.delete(row);
    } else {
      const vector = vectorsOf(10 + i, 1);
      await index.upsert(Uint32Array.of(row), vector);
      expected.set(row, vector);
    }
  }
  return { index, expected };
}

function nearest(expected: Map<number, Float32Array>, query: Float32Array, top: number): number[] {
  const score = (vector: Float32Array) => vector.reduce((sum, value, k) => sum + value * query[k], 0);
  const ranked = [...expected].sort(([a, u], [b, v]) => score(v) - score(u) || a - b);
  return ranked.slice(0, top).map(([row]) => row);
}

describe('ExactIndex', () => {
  it('finds what is nearest after vectors were added, replaced and removed', async () => {
    const { index, expected } = await changed();
    for (const [row, vector] of expected) expect(index.of(row)).toEqual(vector);
    for (let q = 0; q < 20; ++q) {
      const query = vectorsOf(500 + q, 1);
      const { rows, scores } = await index.nearest(query, { top: 25 });
      expect([...rows]).toEqual(nearest(expected, query, 25));
      expect([...scores]).toEqual([...scores].sort((a, b) => b - a));
    }
    const all = await index.nearest(vectorsOf(900, 1), { top: 10_000 });
    expect([...all.rows].sort((a, b) => a - b)).toEqual([...expected.keys()].sort((a, b) => a - b));
  });

  it('leaves out what is excluded or not allowed, be few or many allowed', async () => {
    const { index, expected } = await changed();
    const query = vectorsOf(901, 1);
    for (const share of [0, 0.02, 0.5, 1]) {
      const allowed = emptyBitset(ROWS + 150);
      const left = new Map(expected);
      for (let row = 0; row < ROWS + 150; ++row) {
        if (((row * 2654435761) % 1000) / 1000 < share) add(allowed, row);
        else left.delete(row);
      }
      const exclude = nearest(left, query, 3);
      for (const row of exclude) left.delete(row);
      const { rows } = await index.nearest(query, { top: 12, allowed, exclude });
      expect([...rows]).toEqual(nearest(left, query, 12));
    }
  });

  it('is not changed by what its caller does with its arrays later', async () => {
    const index = new ExactIndex(new RowVectors(new Float32Array(WIDTH), WIDTH));
    const vector = vectorsOf(7, 1);
    const given = vector.slice();
    await index.upsert(Uint32Array.of(1), given);
    given.fill(9);
    expect(index.of(1)).toEqual(vector);
  });

  it('stops when it is told to, and refuses what is not finite', async () => {
    const { index } = await changed();
    const signal = AbortSignal.abort();
    await expect(index.nearest(vectorsOf(1, 1), { top: 1, signal })).rejects.toMatchObject({ code: 'ABORTED' });
    const broken = new Float32Array(WIDTH).fill(Number.NaN);
    await expect(index.nearest(broken, { top: 1 })).rejects.toMatchObject({ code: 'NOT_FINITE' });
  });
});
