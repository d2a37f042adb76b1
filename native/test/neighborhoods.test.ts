import { describe, expect, it } from 'vitest';
import { Graph, type NeighborhoodOptions } from '../lib/index.js';
import { referenceNeighborhood } from './reference/neighborhoods.js';
import { all, type Example, expectError, limitOf, randomGraph } from './support.js';

const VARIANTS: [string, NeighborhoodOptions][] = [
  ['defaults', {}],
  ['few kept', { neighbors: 3, walks: 30 }],
  ['one kept', { neighbors: 1, walks: 7, hops: 2 }],
  ['one walk of one hop', { neighbors: 2, walks: 1, hops: 1 }],
  ['more kept than pins', { neighbors: 100 }],
  ['many visits', { neighbors: 10, walks: 300, hops: 9, stop: 0.1 }],
  ['restarting', { neighbors: 8, walks: 4, hops: 50, stop: 0.4, mode: 'restart' }],
  ['held out', { neighbors: 8, heldOut: { folds: 3, fold: 2 } }],
  ['all held out', { heldOut: { folds: 1, fold: 0 } }],
  ['before a time', { neighbors: 8, before: 50n }],
  [
    'before a time, more walks than a block has',
    { neighbors: 20, walks: 1500, before: 30n, heldOut: { folds: 4, fold: 1 } },
  ],
  ['before a time for each', { before: BigInt64Array.from({ length: 62 }, (_, i) => BigInt(2 * i)), seed: 3n }],
  [
    'excluded pairs',
    { neighbors: 8, exclude: { queries: Uint32Array.of(0, 0, 3, 59, 0), items: Uint32Array.of(1, 2, 0, 0, 1) } },
  ],
];

async function expectReference({ graph, reference }: Example, seeds: Uint32Array, options: NeighborhoodOptions) {
  const { neighbors = 50 } = options;
  const expected = Array.from(seeds, (pin, i) => {
    const start = { pin, boards: reference.boardsOf[pin], isNew: false, before: limitOf(options, i) };
    return referenceNeighborhood(reference, start, options);
  });
  for (const threads of [1, 2, 5]) {
    const { ids, weights, counts, ...rest } = await graph.neighborhoods(seeds, { ...options, threads });
    expect(rest.neighbors).toBe(neighbors);
    expect([...counts]).toEqual(expected.map((row) => row.length));
    expected.forEach((row, i) => {
      const padding = Array(neighbors - row.length);
      const range = [i * neighbors, (i + 1) * neighbors];
      expect([...ids.subarray(...range)]).toEqual([...row.map(({ id }) => id), ...padding.fill(seeds[i])]);
      expect([...weights.subarray(...range)]).toEqual([...row.map(({ weight }) => weight), ...padding.fill(0)]);
    });
  }
}

describe.each([false, true])('Graph.neighborhoods (weighted: %s)', (weighted) => {
  it.each(VARIANTS)('equals the reference: %s', async (_, options) => {
    const example = await randomGraph(7, weighted);
    await expectReference(example, Uint32Array.of(...all(example.graph.pins), 3, 3), { seed: 9n, ...options });
  });

  it('does not depend on what else is asked in the call', async () => {
    const { graph } = await randomGraph(8, weighted, 400, 100, 2000);
    const whole = await graph.neighborhoods(all(400), { neighbors: 5 });
    for (const pin of [0, 17, 399]) {
      const alone = await graph.neighborhoods(Uint32Array.of(pin), { neighbors: 5 });
      expect(alone.ids).toEqual(whole.ids.slice(5 * pin, 5 * pin + 5));
      expect(alone.weights).toEqual(whole.weights.slice(5 * pin, 5 * pin + 5));
    }
  });
});

describe('Graph.neighborhoods', () => {
  it('pads with the own pin', async () => {
    const graph = await Graph.fromEdges(
      { pins: Uint32Array.of(0, 1, 2), boards: Uint32Array.of(0, 0, 1) },
      { pins: 4, boards: 2 },
    );
    const { ids, weights, counts } = await graph.neighborhoods(all(4), { neighbors: 2 });
    expect([...ids]).toEqual([1, 0, 0, 1, 2, 2, 3, 3]);
    expect([...weights]).toEqual([1, 0, 1, 0, 0, 0, 0, 0]);
    expect([...counts]).toEqual([1, 1, 0, 0]);
  });

  it.each([false, true])('does not change with hop tables (weighted: %s)', async (weighted) => {
    const { graph } = await randomGraph(12, weighted, 400, 100, 2000);
    const options = { walks: 50, hops: 4, neighbors: 20, seed: 5n };
    const results = await Promise.all(
      (['never', 'now', 'auto'] as const).map(async (hopTables) => {
        const opened = await Graph.fromArrays(graph.arrays, { hopTables });
        return opened.neighborhoods(all(400), options);
      }),
    );
    expect(results[1]).toEqual(results[0]);
    expect(results[2]).toEqual(results[0]);
    await expectError('INVALID_ARGUMENT', /hopTables is 'later'/, () =>
      Graph.fromArrays(graph.arrays, { hopTables: 'later' as 'now' }),
    );
  });

  it('gives other walks for another seed and another stream', async () => {
    const { graph } = await randomGraph(9, false, 400, 100, 2000);
    const [a, b, c] = await Promise.all(
      [{}, { seed: 1n }, { stream: 1 }].map((options) => graph.neighborhoods(Uint32Array.of(1), options)),
    );
    expect(a.ids).not.toEqual(b.ids);
    expect(a.ids).not.toEqual(c.ids);
    expect(b.ids).not.toEqual(c.ids);
  });

  it('refuses bad input', async () => {
    const { graph } = await randomGraph(1);
    const bad = (message: RegExp, options: object) =>
      expectError('INVALID_ARGUMENT', message, () => graph.neighborhoods(Uint32Array.of(0), options));
    await bad(/neighbors is 0/, { neighbors: 0 });
    await bad(/neighbors is 65537/, { neighbors: 65537 });
    await bad(/threads is 0/, { threads: 0 });
    const pair = { queries: Uint32Array.of(1), items: Uint32Array.of(2) };
    await bad(/exclude\.queries\[0\] is 60/, { exclude: { ...pair, queries: Uint32Array.of(60) } });
    await bad(/exclude\.items\[0\] is 99/, { exclude: { ...pair, items: Uint32Array.of(99) } });
    await bad(/exclude\.items is a Uint32Array of 2/, { exclude: { ...pair, items: Uint32Array.of(1, 2) } });
    await bad(/exclude\.queries is undefined/, { exclude: {} });
  });
});
