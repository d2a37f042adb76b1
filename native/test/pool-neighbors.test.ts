import { expect, it } from 'vitest';
import { Graph, poolNeighbors } from '../lib/index.js';
import { all, expectError, generator, randomEdges } from './support.js';

const WIDTH = 5;
const PINS = 60;

async function example() {
  const graph = await Graph.fromEdges(randomEdges(1, PINS, 25, 200), { pins: PINS, boards: 25 });
  const neighborhoods = await graph.neighborhoods(all(PINS), { neighbors: 8, walks: 20, hops: 2, seed: 3n });
  const random = generator(2);
  return { neighborhoods, rows: Float32Array.from({ length: PINS * WIDTH }, () => random() - 0.5) };
}

it.each(['importance', 'mean', 'max'] as const)('pools by %s what walks have found', async (aggregator) => {
  const { neighborhoods, rows } = await example();
  const { ids, weights, counts, neighbors } = neighborhoods;
  const pool = async (stream?: boolean) => {
    const out = new Float32Array(PINS * WIDTH).fill(Number.NaN);
    await poolNeighbors(rows, neighborhoods, { width: WIDTH, aggregator, stream, out });
    return out;
  };
  const out = await pool();
  expect(await pool(true)).toEqual(out);
  for (let pin = 0; pin < PINS; pin++) {
    for (let j = 0; j < WIDTH; j++) {
      const slots = Array.from({ length: counts[pin] }, (_, t) => pin * neighbors + t);
      const of = (slot: number) => rows[ids[slot] * WIDTH + j];
      const alpha = (slot: number) => (aggregator === 'mean' ? 1 : weights[slot]);
      const total = slots.reduce((sum, slot) => sum + alpha(slot), 0);
      const mean = slots.reduce((sum, slot) => sum + alpha(slot) * of(slot), 0) / total;
      const expected = counts[pin] === 0 ? 0 : aggregator === 'max' ? Math.max(...slots.map(of)) : mean;
      expect(out[pin * WIDTH + j]).toBeCloseTo(expected, 6);
    }
  }
});

it('refuses what does not fit', async () => {
  const { neighborhoods, rows } = await example();
  const out = new Float32Array(PINS * WIDTH);
  const pool = (given: object, options: object = {}) =>
    poolNeighbors(rows, { ...neighborhoods, ...given }, { width: WIDTH, out, ...options });
  const ids = neighborhoods.ids.slice();
  ids[0] = PINS;
  await expectError('INVALID_ARGUMENT', /no row for pin 60/, () => pool({ ids }));
  await expectError('INVALID_ARGUMENT', /neighborhoods.weights/, () => pool({ weights: new Float32Array(3) }));
  await expectError('INVALID_ARGUMENT', /neighborhoods.neighbors/, () => pool({ neighbors: 0 }));
  await expectError('INVALID_ARGUMENT', /rows/, () => pool({}, { width: 7 }));
  await expectError('INVALID_ARGUMENT', /out/, () => pool({}, { out: new Float32Array(3) }));
  await expectError('INVALID_ARGUMENT', /aggregator is 'sum'/, () => pool({}, { aggregator: 'sum' }));
  await expectError('ABORTED', /aborted/, () => pool({}, { signal: AbortSignal.abort() }));
});
