import { logDegrees, PinSage } from '@pinsage/model';
import { describe, expect, it } from 'vitest';
import { SharedNegatives } from '../src/negatives.js';
import { resolveConfig } from '../src/resolve-config.js';
import { TimePairs, type TimePairsConfig } from '../src/time-pairs.js';
import { prepareBatch } from '../src/training-batch.js';
import { everything } from '../src/workers/share.js';
import { graphOf, randomBoards } from './graphs.js';

const PINS = 200;
const config: TimePairsConfig = {
  setQuery: 3,
  boardPower: 0.5,
  timeOrder: 'any',
  timeWindow: null,
  timeSlices: 8,
  seed: 4,
};

/** Boards in the order of time, with ties; boards begin one after the other. */
const boards = randomBoards(60, PINS, [1, 30]);
const times = boards.map((members, board) => members.map((_, i) => 10 * board + Math.floor(i / 2) * 7));
const open = () => graphOf(boards, PINS, times);
const timeOf = (pin: number, board: number) => times[board][boards[board].indexOf(pin)];

describe('TimePairs', () => {
  it('takes the items of a step from one slice of the later half, in turn, and says when it begins', async () => {
    using graph = await open();
    const source = new TimePairs(graph, config);
    const sorted = times.flat().sort((a, b) => a - b);
    const starts = [4, 5, 6, 7].map((slice) => sorted[Math.floor((slice * sorted.length) / 8)]);
    for (let step = 0; step < 9; step++) {
      const slice = step % 4;
      expect(source.before(step)).toBe(BigInt(starts[slice]));
      expect(source.heldOut()).toBeUndefined();
      const pairs = source.sample(step, 300);
      const all = [...pairs.items].map((pin, row) => timeOf(pin, pairs.boards![row]));
      expect(Math.min(...all)).toBeGreaterThanOrEqual(starts[slice]);
      expect(Math.max(...all)).toBeLessThan(starts[slice + 1] ?? Number.POSITIVE_INFINITY);
      expect(new Set(pairs.items).size).toBeGreaterThan(20);
    }
  });

  it.each(['any', 'earlier', 'previous'] as const)('asks with pins from before the item: %s', async (timeOrder) => {
    using graph = await open();
    const pairs = new TimePairs(graph, { ...config, timeOrder, timeWindow: 40 }).sample(1, 500);
    for (let row = 0; row < 500; row++) {
      const board = pairs.boards![row];
      const item = timeOf(pairs.items[row], board);
      // Of one time, the larger pin is later.
      const earlier = boards[board]
        .map((pin) => ({ pin, time: timeOf(pin, board) }))
        .filter(({ pin, time }) => time >= item - 40 && (time < item || (time === item && pin < pairs.items[row])))
        .sort((a, b) => a.time - b.time || a.pin - b.pin)
        .map(({ pin }) => pin);
      const query = [...pairs.queries.subarray(3 * row, 3 * row + pairs.counts[row])];
      expect(new Set(query).size).toBe(Math.min(3, earlier.length));
      if (timeOrder === 'previous') expect(query).toEqual(earlier.slice(-3).reverse());
      else expect(earlier).toEqual(expect.arrayContaining(query));
    }
  });

  it('draws items as itemProbability says, over the slices', async () => {
    using graph = await open();
    const source = new TimePairs(graph, config);
    const drawn = new Float64Array(PINS);
    const n = 40_000;
    for (let step = 0; step < 4; step++) for (const pin of source.sample(step, n / 4).items) drawn[pin]++;
    expect(source.itemProbability.reduce((a, b) => a + b)).toBeCloseTo(1, 12);
    source.itemProbability.forEach((p, pin) => {
      expect(Math.abs(drawn[pin] / n - p)).toBeLessThanOrEqual(5 * Math.sqrt(p / n));
    });
  });

  it('is the same for the same step and seed only', async () => {
    using graph = await open();
    const sample = (seed: number, step: number) => [
      ...new TimePairs(graph, { ...config, seed }).sample(step, 50).items,
    ];
    expect(sample(4, 6)).toEqual(sample(4, 6));
    expect(sample(4, 6)).not.toEqual(sample(5, 6));
    expect(sample(4, 6)).not.toEqual(sample(4, 10));
  });

  it('says what is wrong with times that make no slices', async () => {
    using timeless = await graphOf([[0, 1]], 2);
    expect(() => new TimePairs(timeless, config)).toThrow(
      /timeSlices is 8; allowed: null, because the edges have no times/,
    );
    using sudden = await graphOf([[0, 1, 2]], 3, [[5, 5, 5]]);
    expect(() => new TimePairs(sudden, config)).toThrow(/timeSlices is 8: the later half of the edges has no pair/);
    using rare = await graphOf([[0, 1, 2]], 3, [[5, 50, 500]]);
    expect(() => new TimePairs(rare, { ...config, timeWindow: 1 }).sample(0, 1)).toThrow(/within timeWindow/);
  });
});

it('neighbourhoods and degrees of a step know what was before its slice only', async () => {
  using graph = await open();
  const trainer = resolveConfig({
    ...{ batch: 64, block: 64, timeSlices: 8, nodeDropout: 0 },
    neighborhoods: { walks: 50, hops: 1, neighbors: 10 },
    negatives: { shared: 40 },
  });
  const model = new PinSage({ features: [], width: 8, hidden: 8, output: 8, layers: 1, seed: 3 });
  const pairs = new TimePairs(graph, trainer);
  const sources = {
    ...{ graph, model, pairs, config: trainer, walksOn: 'cpu' as const, share: everything },
    neighborhoods: { walks: 50, hops: 1, neighbors: 10 },
    features: model.sources({} as never, graph),
    shared: new SharedNegatives(graph, trainer.negatives, trainer.seed),
  };
  for (const step of [0, 3]) {
    const before = Number(pairs.before(step));
    const { sample } = await prepareBatch(sources, step);
    const known = boards.map((members, board) => new Set(members.filter((_, i) => times[board][i] < before)));
    let neighbors = 0;
    for (let row = 0; row < sample.sizes[1]; row++) {
      for (let t = 0; t < sample.width; t++) {
        if (sample.weights[row * sample.width + t] === 0) continue;
        const [pin, other] = [sample.pins[row], sample.pins[sample.neighbors[row * sample.width + t]]];
        expect(known.some((members) => members.has(pin) && members.has(other))).toBe(true);
        neighbors++;
      }
    }
    expect(neighbors).toBeGreaterThan(100);
    const degrees = Array.from(sample.pins, (pin) => known.filter((members) => members.has(pin)).length);
    expect(sample.features[0]).toMatchObject({ kind: 'dense', values: logDegrees(degrees) });
  }
  model.dispose();
});
