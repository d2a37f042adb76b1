import { describe, expect, it } from 'vitest';
import { Graph, type RecommendOptions, type RecommendQuery } from '../lib/index.js';
import { referenceRecommend } from './reference/recommend.js';
import { all, expectError, generator, randomGraph } from './support.js';

const boosts = Float32Array.from(all(60), (pin) => [1, 0.5, 3, 0, -1, Number.NaN][pin % 6]);
const THREE: RecommendQuery = { pins: Uint32Array.of(7, 1, 20) };

const VARIANTS: [string, RecommendQuery, RecommendOptions][] = [
  ['one pin', { pins: Uint32Array.of(3) }, { steps: 2000 }],
  ['three pins', THREE, { steps: 3000, seed: 2n ** 64n - 1n }],
  ['weights, repetitions and isolated pins', weighted(), { steps: 3000, hops: 3, restart: 0.2 }],
  ['no multi-hit', THREE, { steps: 3000, multiHit: false }],
  ['top 5 without some', THREE, { steps: 3000, top: 5, exclude: Uint32Array.of(0, 2, 2, 7, 59) }],
  ['boosts', THREE, { steps: 3000, boosts }],
  ['a hop a walk', THREE, { steps: 999, hops: 1 }],
  ['fewer steps than pins', THREE, { steps: 1, hops: 4 }],
  ['an early stop', THREE, { steps: 20_000, hops: 2, earlyStop: { pins: 30, visits: 4 } }],
  ['an early stop that never comes', THREE, { steps: 20_000, hops: 5, earlyStop: { pins: 61, visits: 1 } }],
  ['no pins', { pins: new Uint32Array() }, {}],
];

function weighted(): RecommendQuery {
  const random = generator(8);
  const pins = Uint32Array.of(2, 59, 2, 4, 30, 58, 4);
  return { pins, weights: Float32Array.from(pins, (pin) => (pin === 30 ? 0 : random() * 3)) };
}

describe.each([false, true])('Graph.recommend (weighted edges: %s)', (weighted) => {
  it.each(VARIANTS)('equals the reference: %s', async (_, query, options) => {
    const { graph, reference } = await randomGraph(5, weighted);
    const expected = referenceRecommend(reference, query, options);
    for (const threads of [1, 2, 5]) {
      const { ids, scores, counts, steps } = await graph.recommend(query, { ...options, threads });
      expect({ ids: [...ids], scores: [...scores], counts: [...counts], steps }).toEqual(expected);
    }
  });
});

describe('Graph.recommend', () => {
  it('stops early', async () => {
    const { graph } = await randomGraph(5);
    const query = { pins: Uint32Array.of(1) };
    const options = { steps: 100_000, hops: 10 };
    expect((await graph.recommend(query, options)).steps).toBe(100_000);
    const stopped = await graph.recommend(query, { ...options, earlyStop: { pins: 10, visits: 4 } });
    expect(stopped.steps).toBe(10_240);
  });

  it('prefers what several query pins lead to', async () => {
    // Board 0 joins pins 0 and 2, board 1 pins 1 and 2, board 2 pins 0 and 3, board 3 pins 0 and 3 again.
    const edges = { pins: Uint32Array.of(0, 2, 1, 2, 0, 3, 0, 3), boards: Uint32Array.of(0, 0, 1, 1, 2, 2, 3, 3) };
    const graph = await Graph.fromEdges(edges, { pins: 4, boards: 4 });
    const query = { pins: Uint32Array.of(0, 1), weights: Float32Array.of(1, 0.4) };
    const options = { hops: 1, steps: 20_000 };
    expect((await graph.recommend(query, options)).ids[0]).toBe(2);
    expect((await graph.recommend(query, { ...options, multiHit: false })).ids[0]).toBe(3);
  });

  it.each<[RegExp, RecommendOptions]>([
    [/steps is 0; allowed: an integer from 1 to 16777216/, { steps: 0 }],
    [/hops is 65536/, { hops: 65536 }],
    [/restart is 2/, { restart: 2 }],
    [/top is 0/, { top: 0 }],
    [/seed is 1;/, { seed: 1 as unknown as bigint }],
    [/multiHit is 1; allowed: true \| false/, { multiHit: 1 as unknown as boolean }],
    [/exclude\[0\] is 60; allowed: pins from 0 to 59/, { exclude: Uint32Array.of(60) }],
    [/boosts is a Float32Array of 59; allowed: a Float32Array of 60/, { boosts: new Float32Array(59) }],
    [/earlyStop\.pins is 0/, { earlyStop: { pins: 0, visits: 4 } }],
    [/earlyStop\.visits is 0\.5/, { earlyStop: { pins: 10, visits: 0.5 } }],
    [/threads is 0/, { threads: 0 }],
  ])('refuses an option: %s', async (message, options) => {
    const { graph } = await randomGraph(1);
    await expectError('INVALID_ARGUMENT', message, () => graph.recommend(THREE, options));
  });

  it.each<[RegExp, RecommendQuery]>([
    [/pins is undefined; allowed: a Uint32Array/, undefined as unknown as RecommendQuery],
    [/pins\[0\] is 60/, { pins: Uint32Array.of(60) }],
    [/weights is a Float32Array of 2/, { pins: Uint32Array.of(1), weights: new Float32Array(2) }],
    [/weights\[0\] is -1/, { pins: Uint32Array.of(1), weights: Float32Array.of(-1) }],
    [/weights\[0\] is NaN/, { pins: Uint32Array.of(1), weights: Float32Array.of(Number.NaN) }],
    [/allowed: at most 2097152 pins with 8 hops/, { pins: new Uint32Array(2 ** 24 / 8 + 1) }],
  ])('refuses a query: %s', async (message, query) => {
    const { graph } = await randomGraph(1);
    await expectError('INVALID_ARGUMENT', message, () => graph.recommend(query, { hops: 8 }));
  });
});
