import { describe, expect, it } from 'vitest';
import { type BatchOptions, cudaStatus, Graph, type NeighborhoodOptions, type NewPins } from '../lib/index.js';
import { referenceBatch } from './reference/batch.js';
import { referenceGraph } from './reference/graph.js';
import { referenceTypedNeighborhood } from './reference/typed.js';
import type { Start } from './reference/walks.js';
import { all, expectError, generator, limitOf, randomEdges } from './support.js';

const PINS = 60;
const BOARDS = 25;
const NEW_PINS: NewPins = { offsets: Uint32Array.of(0, 3, 3, 4), boards: Uint32Array.of(0, 4, 9, 2) };

/** A random graph whose boards are of types 0, 1 and 3; of type 2 there is none. */
async function typedGraph(weighted = false) {
  const random = generator(5);
  const boardTypes = Uint8Array.from({ length: BOARDS }, () => [0, 1, 3][Math.floor(3 * random())]);
  const edges = randomEdges(12, PINS, BOARDS, 200, weighted);
  const graph = await Graph.fromEdges(edges, { pins: PINS, boards: BOARDS, boardTypes });
  return { graph, reference: referenceGraph(graph.arrays), boardTypes };
}

type Typed = NeighborhoodOptions & { quotas: number[] };

const VARIANTS: [string, Typed][] = [
  ['two types', { quotas: [7, 3] }],
  ['one type', { quotas: [0, 4] }],
  ['a type that no board has, and others without a quota', { quotas: [2, 0, 5] }],
  ['all types, so few walks that some lists are short', { quotas: [5, 20, 1, 9], walks: 4, seed: 3n, stream: 2 }],
  ['restarts', { quotas: [3, 3, 0, 3], walks: 5, hops: 10, mode: 'restart' }],
  ['edges before a time', { quotas: [4, 2, 0, 2], before: 50n }],
  [
    'held-out edges and excluded pairs',
    {
      quotas: [6, 2, 0, 2],
      heldOut: { folds: 5, fold: 3 },
      exclude: { queries: Uint32Array.of(1, 7), items: Uint32Array.of(2, 8) },
    },
  ],
];

describe.each([false, true])('Graph.neighborhoods with quotas (weighted: %s)', (weighted) => {
  it.each(VARIANTS)('equals the reference: %s', async (_, options) => {
    const { graph, reference, boardTypes } = await typedGraph(weighted);
    const expected = Array.from(reference.boardsOf, (boards, pin) =>
      referenceTypedNeighborhood(
        reference,
        boardTypes,
        { pin, boards, isNew: false, before: limitOf(options, pin) },
        options,
      ),
    );
    const width = options.quotas.reduce((sum, quota) => sum + quota);
    for (const threads of [1, 3]) {
      const { ids, weights, counts, neighbors } = await graph.neighborhoods(all(PINS), { ...options, threads });
      expect(neighbors).toBe(width);
      for (const [pin, kept] of expected.entries()) {
        const padding = width - kept.length;
        expect(counts[pin]).toBe(kept.length);
        expect([...ids.subarray(pin * width, (pin + 1) * width)]).toEqual([
          ...kept.map(({ id }) => id),
          ...Array(padding).fill(pin),
        ]);
        expect([...weights.subarray(pin * width, (pin + 1) * width)]).toEqual([
          ...kept.map(({ weight }) => weight),
          ...Array(padding).fill(0),
        ]);
      }
    }
  });

  const BATCHES: [string, Uint32Array, BatchOptions & Typed][] = [
    ...VARIANTS.map(([name, options]): [string, Uint32Array, BatchOptions & Typed] => [
      name,
      Uint32Array.of(3, 1, 4, 1, 5, 59),
      { layers: 2, ...options },
    ]),
    ['new pins', Uint32Array.of(60, 1, 61, 62, 60), { layers: 2, quotas: [4, 2], newPins: NEW_PINS }],
  ];
  it.each(BATCHES)('batches equal the reference: %s', async (_, roots, options) => {
    const { graph, reference, boardTypes } = await typedGraph(weighted);
    const neighbors = options.quotas.reduce((sum, quota) => sum + quota);
    const expected = referenceBatch(reference, roots, { ...options, neighbors }, (start: Start) =>
      referenceTypedNeighborhood(reference, boardTypes, start, options),
    );
    for (const threads of [1, 3]) {
      const batch = await graph.batch(roots, { ...options, threads });
      expect([...batch.pins]).toEqual(expected.pins);
      expect([...batch.neighbors]).toEqual(expected.neighbors);
      expect([...batch.weights]).toEqual(expected.weights);
      expect([batch.sizes, batch.width]).toEqual([expected.sizes, neighbors]);
    }
  });
});

describe('quotas', () => {
  it('give weights that sum to 1, of which each type has its share', async () => {
    // Pins 0 and 1 share a board of each type; pin 2 is only on a board of type 0, with pin 0.
    const edges = { pins: Uint32Array.of(0, 1, 0, 1, 0, 2), boards: Uint32Array.of(0, 0, 1, 1, 2, 2) };
    const graph = await Graph.fromEdges(edges, { pins: 4, boards: 3, boardTypes: Uint8Array.of(0, 1, 0) });
    const options = { quotas: [6, 2], hops: 1, walks: 1000 };
    const { ids, weights, counts } = await graph.neighborhoods(all(4), options);
    expect([...counts]).toEqual([2, 1, 1, 0]);
    const [first, second] = [weights.subarray(0, 8), weights.subarray(16, 24)];
    expect(first.reduce((sum, weight) => sum + weight)).toBeCloseTo(1, 6);
    // Pin 1 has all of type 1, and pins 1 and 2 share type 0.
    const ofOne = first[ids.indexOf(1)];
    expect(ofOne).toBeGreaterThan(0.25 + 0.3);
    expect(ofOne).toBeLessThan(0.25 + 0.45);
    // Pin 2 has no board of type 1: type 0 has it all.
    expect([ids[16], second[0]]).toEqual([0, 1]);
  });

  it('count the seeds once for each type that is walked', async () => {
    const { graph } = await typedGraph();
    const seen: [number, number][] = [];
    await graph.neighborhoods(all(PINS), {
      quotas: [3, 3, 0, 3],
      walks: 20_000,
      onProgress: (done, total) => seen.push([done, total]),
    });
    expect(seen.at(-1)).toEqual([3 * PINS, 3 * PINS]);
  });

  it('leave the results without them as they are', async () => {
    const { graph } = await typedGraph();
    const untyped = await Graph.fromArrays({ ...graph.arrays, boardTypes: undefined });
    await graph.neighborhoods(all(PINS), { quotas: [1, 1] });
    expect(await graph.neighborhoods(all(PINS))).toEqual(await untyped.neighborhoods(all(PINS)));
  });

  it('are checked', async () => {
    const { graph } = await typedGraph();
    const untyped = await Graph.fromArrays({ ...graph.arrays, boardTypes: undefined });
    for (const [quotas, message] of [
      [[0, 0], /sum of quotas is 0/],
      [[1, -1], /quotas\[1\] is -1/],
      [[60_000, 60_000], /sum of quotas is 120000/],
      [{ subject: 7 }, /quotas is .*an array/],
      [Array(257).fill(1), /at most 256/],
    ] as [number[], RegExp][]) {
      await expectError('INVALID_ARGUMENT', message, () => graph.neighborhoods(all(1), { quotas }));
    }
    await expectError('INVALID_ARGUMENT', /quotas .*no types/, () => untyped.batch(all(1), { layers: 1, quotas: [1] }));
    await expectError('INVALID_ARGUMENT', /boardTypes/, () =>
      Graph.fromArrays({ ...graph.arrays, boardTypes: new Uint8Array(3) }),
    );
  });

  const { problem } = cudaStatus();
  it.skipIf(problem !== '')(`are the same on a GPU (skipped where: ${problem})`, async () => {
    const { graph } = await typedGraph();
    const options = { quotas: [4, 2, 0, 3], heldOut: { folds: 5, fold: 1 } };
    expect(await graph.neighborhoods(all(20), { ...options, device: 'cuda' })).toEqual(
      await graph.neighborhoods(all(20), options),
    );
    const roots = Uint32Array.of(3, 60, 5);
    for (const newPins of [undefined, NEW_PINS]) {
      const batch = { ...options, layers: 2, newPins };
      const own = newPins ? roots : roots.filter((pin) => pin < PINS);
      expect(await graph.batch(own, { ...batch, device: 'cuda' })).toEqual(await graph.batch(own, batch));
    }
  });
});
