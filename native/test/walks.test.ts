import { describe, expect, it } from 'vitest';
import { Graph, type WalkOptions } from '../lib/index.js';
import type { ReferenceGraph } from './reference/graph.js';
import { referenceFold, referenceWalk } from './reference/walks.js';
import { all, chiSquareLimit, expectError, limitOf, randomEdges, randomGraph } from './support.js';

const VARIANTS: [string, WalkOptions][] = [
  ['defaults', {}],
  ['long', { hops: 20, stop: 0.05, seed: 2n ** 63n + 5n, stream: 0xffffffff }],
  ['never stopping', { hops: 4, stop: 0 }],
  ['always stopping', { hops: 4, stop: 1 }],
  ['restarting', { hops: 12, stop: 0.3, mode: 'restart' }],
  ['held out', { hops: 5, stop: 0.2, heldOut: { folds: 3, fold: 1 } }],
  ['half held out', { hops: 9, stop: 0.2, mode: 'restart', heldOut: { folds: 2, fold: 0 } }],
  ['all held out', { heldOut: { folds: 1, fold: 0 } }],
  ['before a time', { hops: 6, stop: 0.1, before: 40n }],
  ['before a time, restarting, held out', { hops: 8, mode: 'restart', before: 70n, heldOut: { folds: 3, fold: 0 } }],
  [
    'before a time for each',
    { hops: 4, stop: 0, before: BigInt64Array.from({ length: 62 }, (_, i) => BigInt(2 * i - 5)) },
  ],
  ['before all times', { before: -(2n ** 63n) }],
  ['after all times', { before: 2n ** 63n - 1n }],
];

describe.each([false, true])('Graph.walk (weighted: %s)', (weighted) => {
  it.each(VARIANTS)('equals the reference: %s', async (_, options) => {
    const { graph, reference } = await randomGraph(3, weighted);
    const seeds = Uint32Array.of(...all(graph.pins), 5, 5);
    const walks = 40;
    const { hops = 3 } = options;
    const expected = Array.from(seeds, (pin, i) =>
      Array.from({ length: walks }, (_, walk) => {
        const start = { pin, boards: reference.boardsOf[pin], isNew: false, before: limitOf(options, i) };
        const visited = referenceWalk(reference, start, walk, options);
        return [...visited, ...Array(hops - visited.length).fill(0xffffffff)];
      }),
    ).flat(2);
    for (const threads of [1, 2, 5]) {
      expect([...(await graph.walk(seeds, { ...options, walks, threads }))]).toEqual(expected);
    }
  });

  it('visits pins as often as their probabilities say (chi-square)', async () => {
    const { graph, reference } = await randomGraph(4, weighted, 20, 8, 50);
    const walks = 200_000;
    for (const stop of [0, 0.5]) {
      const visited = await graph.walk(Uint32Array.of(1), { walks, hops: 3, stop, seed: 11n });
      let probabilities = all(20).reduce((row, pin) => row.with(pin, pin === 1 ? 1 : 0), Array<number>(20).fill(0));
      for (let hop = 0; hop < 3; hop++) {
        probabilities = oneHop(reference, probabilities);
        if (hop > 0) probabilities = probabilities.map((p) => p * (1 - stop));
        const counts = Array<number>(20).fill(0);
        for (let walk = 0; walk < walks; walk++) {
          const pin = visited[3 * walk + hop];
          if (pin !== 0xffffffff) counts[pin]++;
        }
        const ended = walks - counts.reduce((a, b) => a + b);
        expectDistribution([...counts, ended], [...probabilities, 1 - probabilities.reduce((a, b) => a + b)], walks);
      }
    }
  });

  it('takes the allowed edges as often as they deserve when others are held out', async () => {
    const { graph, reference } = await randomGraph(4, weighted, 20, 8, 50);
    const heldOut = { folds: 4, fold: 2 };
    const walks = 200_000;
    const kept = (pin: number, board: number) => referenceFold(pin, board, heldOut.folds) !== heldOut.fold;
    const allowed: ReferenceGraph = {
      weighted,
      boardsOf: reference.boardsOf.map((row, pin) => row.filter(({ id }) => kept(pin, id))),
      pinsOf: reference.pinsOf.map((row, board) => row.filter(({ id }) => kept(id, board))),
    };
    const visited = await graph.walk(Uint32Array.of(1), { walks, hops: 1, heldOut });
    const start = Array<number>(20).fill(0).with(1, 1);
    // Nine draws in a row that hit held-out edges end a walk: rare here, and not part of the distribution of the others.
    const arrived = visited.filter((pin) => pin !== 0xffffffff);
    const counts = Array.from({ length: 20 }, (_, pin) => arrived.filter((other) => other === pin).length);
    expectDistribution(counts, oneHop(allowed, start), arrived.length);
  });
});

function oneHop(graph: ReferenceGraph, from: number[]): number[] {
  const total = (row: { weight: number }[]) => row.reduce((sum, { weight }) => sum + weight, 0);
  const to = Array<number>(from.length).fill(0);
  from.forEach((probability, pin) => {
    for (const { id: board, weight } of graph.boardsOf[pin]) {
      for (const { id: next, weight: back } of graph.pinsOf[board]) {
        if (probability * weight * back === 0) continue;
        to[next] += (probability * weight * back) / total(graph.boardsOf[pin]) / total(graph.pinsOf[board]);
      }
    }
  });
  return to;
}

function expectDistribution(counts: number[], probabilities: number[], total: number): void {
  let statistic = 0;
  let cells = 0;
  counts.forEach((count, i) => {
    const expected = total * probabilities[i];
    if (expected < 1e-6) {
      expect(count).toBe(0);
    } else {
      statistic += (count - expected) ** 2 / expected;
      cells++;
    }
  });
  expect(cells).toBeGreaterThan(1);
  expect(statistic).toBeLessThan(chiSquareLimit(cells - 1));
}

describe('Graph.walk on bad input', () => {
  it.each<[WalkOptions, RegExp]>([
    [{ walks: 0 }, /walks is 0/],
    [{ walks: 1.5 }, /walks is 1\.5/],
    [{ hops: 0 }, /hops is 0/],
    [{ hops: 65536 }, /hops is 65536/],
    [{ walks: 2 ** 23, hops: 3 }, /walks is 8388608; allowed: at most 5592405 walks of 3 hops/],
    [{ stop: -0.1 }, /stop is -0\.1/],
    [{ stop: 1.1 }, /stop is 1\.1/],
    [{ stop: Number.NaN }, /stop is NaN/],
    [{ mode: 'jump' as 'stop' }, /mode is 'jump'; allowed: 'stop' \| 'restart'/],
    [{ seed: 1 as unknown as bigint }, /seed is 1;/],
    [{ seed: 2n ** 64n }, /seed is 18446744073709551616n/],
    [{ stream: -1 }, /stream is -1/],
    [{ heldOut: { folds: 0, fold: 0 } }, /heldOut\.folds is 0/],
    [{ heldOut: { folds: 3, fold: 3 } }, /heldOut\.fold is 3/],
    [{ before: 5 as unknown as bigint }, /before is 5/],
    [{ before: 2n ** 63n }, /before is 9223372036854775808n/],
    [{ before: new BigInt64Array(2) }, /before is a BigInt64Array of 2/],
  ])('refuses %o', async (options, message) => {
    const { graph } = await randomGraph(1);
    await expectError('INVALID_ARGUMENT', message, () => graph.walk(Uint32Array.of(0), options));
    await expectError('INVALID_ARGUMENT', message, () => graph.neighborhoods(Uint32Array.of(0), options));
    await expectError('INVALID_ARGUMENT', message, () => graph.batch(Uint32Array.of(0), { ...options, layers: 1 }));
  });

  it('refuses a limit in time where edges have none', async () => {
    const { times, ...edges } = randomEdges(1, 60, 25, 200);
    const graph = await Graph.fromEdges(edges, { pins: 60, boards: 25 });
    const seeds = Uint32Array.of(0);
    const weights = new Float32Array(25);
    for (const call of [
      () => graph.walk(seeds, { before: 5n }),
      () => graph.neighborhoods(seeds, { before: BigInt64Array.of(5n) }),
      () => graph.batch(seeds, { before: 5n, layers: 1 }),
      () => graph.boardBags(seeds, { before: 5n, weights }),
    ]) {
      await expectError('INVALID_ARGUMENT', /before is .*the edges of this graph have no times/, call);
    }
  });

  it('refuses bad seeds', async () => {
    const { graph } = await randomGraph(1);
    await expectError('INVALID_ARGUMENT', /seeds\[1\] is 60; allowed: pins from 0 to 59/, () =>
      graph.walk(Uint32Array.of(0, 60)),
    );
    await expectError('INVALID_ARGUMENT', /seeds\[0\] is 4294967295/, () => graph.walk(Uint32Array.of(-1)));
    await expectError('INVALID_ARGUMENT', /seeds is a Int32Array of 1; allowed: a Uint32Array/, () =>
      graph.walk(Int32Array.of(0) as unknown as Uint32Array),
    );
    await expectError('INVALID_ARGUMENT', /more than 4294967296 in all/, () =>
      graph.walk(new Uint32Array(2000), { walks: 2 ** 22 }),
    );
  });

  it('stays at home on a board of one pin', async () => {
    const graph = await Graph.fromEdges({ pins: Uint32Array.of(1), boards: Uint32Array.of(0) }, { pins: 3, boards: 1 });
    expect([...(await graph.walk(Uint32Array.of(1, 2), { walks: 1, hops: 2, stop: 0 }))]).toEqual([
      1, 1, 0xffffffff, 0xffffffff,
    ]);
  });
});
