import { describe, expect, it } from 'vitest';
import { RandomStream } from '../src/random.js';
import { defaultSpace } from '../src/tune/default-space.js';
import { haltonPoint } from '../src/tune/halton.js';
import { histogram, parzen } from '../src/tune/parzen.js';
import { proposeValues } from '../src/tune/sampler.js';
import { checkSettings, withValues } from '../src/tune/settings.js';
import { boundsOf, checkSpace, type Parameter, positionOf, type Space, valueAt } from '../src/tune/space.js';
import { goesOn } from '../src/tune/successive-halving.js';
import { tpePoint } from '../src/tune/tpe.js';
import { bestSoFar, type Trial, trialsByMerit } from '../src/tune/trial.js';

const even = (n: number) => Array.from({ length: n }, (_, i) => (i + 0.5) / n);

describe('a space', () => {
  it('spreads numbers evenly, or over their logarithms', () => {
    const plain: Parameter = { type: 'float', low: -2, high: 6 };
    expect([0, 0.25, 1].map((u) => valueAt(plain, u))).toEqual([-2, 0, 6]);
    const log: Parameter = { type: 'float', low: 0.001, high: 1, log: true };
    expect(valueAt(log, 1 / 3)).toBeCloseTo(0.01, 12);
    expect(valueAt(log, 0)).toBe(0.001);
    expect(valueAt(log, 1)).toBe(1);
  });

  it('gives each integer and each choice the same share', () => {
    const counts = (parameter: Parameter) => {
      const seen = new Map<unknown, number>();
      for (const u of even(1200)) seen.set(valueAt(parameter, u), (seen.get(valueAt(parameter, u)) ?? 0) + 1);
      return [...seen];
    };
    expect(counts({ type: 'integer', low: 3, high: 5 })).toEqual([3, 4, 5].map((value) => [value, 400]));
    expect(counts({ type: 'choice', values: ['a', null, true] })).toEqual(
      ['a', null, true].map((value) => [value, 400]),
    );
    expect(valueAt({ type: 'integer', low: 3, high: 5 }, 1)).toBe(5);
  });

  it('reaches both ends of integers over logarithms', () => {
    const parameter: Parameter = { type: 'integer', low: 1, high: 1000, log: true };
    const values = even(4000).map((u) => valueAt(parameter, u) as number);
    expect(values.every(Number.isInteger)).toBe(true);
    expect([Math.min(...values), Math.max(...values)]).toEqual([1, 1000]);
    const below = values.filter((value) => value <= 31).length / values.length;
    expect(below).toBeCloseTo(Math.log(31.5 / 0.5) / Math.log(1000.5 / 0.5), 2);
  });

  it.each([
    { type: 'float', low: 0.01, high: 3 },
    { type: 'float', low: 0.01, high: 3, log: true },
    { type: 'integer', low: -4, high: 9 },
    { type: 'integer', low: 5, high: 50, log: true },
    { type: 'choice', values: [64, 128, 'x', false] },
    { type: 'float', low: 2, high: 2 },
    { type: 'integer', low: 2, high: 2, log: true },
  ] as Parameter[])('finds the place of a value again: %j', (parameter) => {
    for (const u of even(40)) {
      const value = valueAt(parameter, u);
      const position = positionOf(parameter, value);
      expect(position).toBeGreaterThanOrEqual(0);
      expect(position).toBeLessThanOrEqual(1);
      const again = valueAt(parameter, position);
      if (parameter.type === 'float') expect(again).toBeCloseTo(value as number, 12);
      else expect(again).toBe(value);
    }
  });

  const bad: [string, unknown, RegExp][] = [
    ['no object', [], /space is/],
    ['nothing to search', {}, /space is/],
    ['an unknown type', { x: { type: 'real', low: 0, high: 1 } }, /space\.x\.type is 'real'/],
    ['a value instead of a parameter', { x: 3 }, /space\.x is 3/],
    ['a field that is none', { x: { type: 'float', low: 0, high: 1, step: 2 } }, /space\.x is 'step'/],
    ['ends in the wrong order', { x: { type: 'float', low: 2, high: 1 } }, /space\.x\.high is 1/],
    ['the logarithm of 0', { x: { type: 'float', low: 0, high: 1, log: true } }, /space\.x\.low is 0/],
    ['the logarithm of the integer 0', { x: { type: 'integer', low: 0, high: 1, log: true } }, /space\.x\.low is 0/],
    ['half an integer', { x: { type: 'integer', low: 0.5, high: 1 } }, /space\.x\.low is 0\.5/],
    ['no end', { x: { type: 'integer', low: 1 } }, /space\.x\.high is undefined/],
    ['no choice', { x: { type: 'choice', values: [] } }, /space\.x\.values/],
    ['a choice twice', { x: { type: 'choice', values: [1, 1] } }, /space\.x\.values/],
    ['a choice of lists', { x: { type: 'choice', values: [[1]] } }, /space\.x\.values/],
    ['log of neither', { x: { type: 'float', low: 1, high: 2, log: 1 } }, /space\.x\.log is 1/],
  ];
  it.each(bad)('is refused with %s', (_, space, message) => {
    expect(() => checkSpace(space)).toThrow(message);
  });

  it('is of settings that exist, with values that they take', () => {
    const none = { model: {}, trainer: {} };
    const check = (space: Space) => checkSettings(none, space);
    expect(() => check(checkSpace(defaultSpace))).not.toThrow();
    expect(() => check({ 'trainer.learnRate': { type: 'float', low: 0, high: 1 } })).toThrow(/learnRate/);
    expect(() => check({ 'trainer.negatives.share': { type: 'float', low: 0, high: 1 } })).toThrow(/negatives\.share/);
    expect(() => check({ 'model.depth': { type: 'integer', low: 0, high: 1 } })).toThrow(/model\.depth/);
    expect(() => check({ layers: { type: 'integer', low: 0, high: 1 } })).toThrow(/layers/);
    expect(() => check({ 'trainer.steps': { type: 'integer', low: 1, high: 9 } })).toThrow(/trainer\.steps/);
    expect(() => check({ 'trainer.nodeDropout': { type: 'float', low: 0, high: 1.5 } })).toThrow(/nodeDropout is 1\.5/);
    expect(() => check({ 'trainer.loss': { type: 'choice', values: ['softmax', 'luck'] } })).toThrow(/loss is 'luck'/);
  });

  it('puts values into settings at their names, and leaves the settings alone', () => {
    const base = { model: { layers: 1 }, trainer: { batch: 64, negatives: { shared: 10 } } };
    const values = { 'trainer.negatives.shared': 99, 'trainer.neighborhoods.neighbors': 7, 'model.residual': false };
    expect(withValues(base, values)).toEqual({
      model: { layers: 1, residual: false },
      trainer: { batch: 64, negatives: { shared: 99 }, neighborhoods: { neighbors: 7 } },
    });
    expect(base).toEqual({ model: { layers: 1 }, trainer: { batch: 64, negatives: { shared: 10 } } });
  });
});

describe('the Halton sequence', () => {
  const points = Array.from({ length: 81 }, (_, i) => haltonPoint(5, i, 4));

  it('has one point in each of base^k equal parts, in each dimension', () => {
    const [byTwo, byThree] = [0, 1].map((d) => points.slice(0, d === 0 ? 64 : 81).map((point) => point[d]));
    expect(new Set(byTwo.map((u) => Math.floor(u * 64))).size).toBe(64);
    expect(new Set(byThree.map((u) => Math.floor(u * 81))).size).toBe(81);
    expect(points.flatMap((point) => [...point]).every((u) => u >= 0 && u < 1)).toBe(true);
  });

  it('is a function of seed and index', () => {
    expect(haltonPoint(5, 17, 4)).toEqual(points[17]);
    expect(haltonPoint(6, 17, 4)).not.toEqual(points[17]);
  });
});

describe('densities', () => {
  const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;

  it.each([
    ['a Parzen estimator', parzen([0.1, 0.15, 0.9])],
    ['one of no points', parzen([])],
    ['one of a single point at the end', parzen([1])],
    ['a histogram', histogram([0.1, 0.1, 0.9], 4)],
  ])('%s has the mass 1, and draws by it', (_, density) => {
    expect(mean(even(20_000).map((u) => density.at(u)))).toBeCloseTo(1, 3);
    const random = new RandomStream(1, 'tpe', 0);
    const drawn = Array.from({ length: 20_000 }, () => density.draw(random));
    const expected = mean(even(20_000).map((u) => u * density.at(u)));
    expect(mean(drawn)).toBeGreaterThan(expected - 0.01);
    expect(mean(drawn)).toBeLessThan(expected + 0.01);
    expect(drawn.every((u) => u >= 0 && u <= 1)).toBe(true);
  });

  it('are largest where the points are', () => {
    const density = parzen([0.2, 0.22, 0.24]);
    expect(density.at(0.22)).toBeGreaterThan(2 * density.at(0.7));
    expect(histogram([0.1, 0.2], 4).at(0.1)).toBeCloseTo((3 / 6) * 4, 12);
  });
});

function trialOf(
  number: number,
  values: Trial['values'],
  value: number,
  outcome: Trial['outcome'] = 'complete',
): Trial {
  return {
    number,
    values,
    validations: [{ step: 1, recallAt20: value, ndcgAt20: 0, seconds: 0 }],
    outcome,
    value,
    steps: 1,
    seconds: 0,
  };
}

describe('the sampler', () => {
  const space: Space = {
    x: { type: 'float', low: 0, high: 1 },
    y: { type: 'float', low: 0.001, high: 1, log: true },
    kind: { type: 'choice', values: ['a', 'b', 'c'] },
  };
  const quality = ({ x, y, kind }: Trial['values']) =>
    -(((x as number) - 0.7) ** 2) - (Math.log10(y as number) + 2) ** 2 / 9 - (kind === 'b' ? 0 : 0.3);

  function search(seed: number, trials: number): Trial[] {
    const done: Trial[] = [];
    for (let number = 0; number < trials; number++) {
      const values = proposeValues(space, done, { seed, number });
      done.push(trialOf(number, values, quality(values)));
    }
    return done;
  }

  it('looks nearer to what was good than points that are spread evenly do', () => {
    const seeds = [1, 2, 3, 4, 5];
    const late = seeds.flatMap((seed) => search(seed, 40).slice(20));
    const spread = seeds.flatMap((seed) =>
      Array.from({ length: 20 }, (_, i) => trialOf(i, proposeValues(space, [], { seed, number: 20 + i }), 0)),
    );
    const meanOf = (trials: Trial[]) => trials.reduce((sum, { values }) => sum + quality(values), 0) / trials.length;
    expect(meanOf(late)).toBeGreaterThan(meanOf(spread) / 2);
    const right = late.filter(({ values }) => values.kind === 'b').length / late.length;
    expect(right).toBeGreaterThan(0.6);
  });

  it('is a function of its arguments', () => {
    expect(search(3, 15)).toEqual(search(3, 15));
    const other = search(4, 15);
    expect(search(3, 15).map(({ values }) => values)).not.toEqual(other.map(({ values }) => values));
    const point = tpePoint(Object.values(space), [[0.1, 0.2, 0.5]], { seed: 1, number: 9 });
    expect(point).toEqual(tpePoint(Object.values(space), [[0.1, 0.2, 0.5]], { seed: 1, number: 9 }));
  });

  it('stays within the space', () => {
    for (const { values } of search(9, 60)) {
      expect(values.x as number).toBeGreaterThanOrEqual(0);
      expect(values.x as number).toBeLessThanOrEqual(1);
      expect(boundsOf(space.kind)).toContain(values.kind);
    }
  });
});

describe('trials', () => {
  it('count by their value when they are complete, else by how far they came', () => {
    const stopped = (number: number, recalls: number[]): Trial => ({
      ...trialOf(number, {}, Math.max(...recalls), 'stopped'),
      validations: recalls.map((recallAt20, i) => ({ step: i + 1, recallAt20, ndcgAt20: 0, seconds: 0 })),
    });
    const trials = [
      trialOf(0, {}, 0.1, 'failed'),
      stopped(1, [0.9]),
      stopped(2, [0.1, 0.2]),
      trialOf(3, {}, 0.3),
      trialOf(4, {}, 0.4),
      { ...trialOf(5, {}, 1), outcome: undefined },
    ];
    expect(trialsByMerit(trials).map(({ number }) => number)).toEqual([4, 3, 2, 1, 0]);
  });

  it('have the best metric so far after each validation', () => {
    const trial = trialOf(0, {}, 0);
    trial.validations = [0.2, 0.1, 0.5].map((value, i) => ({
      step: i,
      recallAt20: value,
      ndcgAt20: -value,
      seconds: 0,
    }));
    expect(bestSoFar(trial.validations, 'recall@20')).toEqual([0.2, 0.2, 0.5]);
    expect(bestSoFar(trial.validations, 'ndcg@20')).toEqual([-0.2, -0.1, -0.1]);
  });
});

describe('successive halving', () => {
  const options = { reduction: 3, grace: 1 };

  it('goes on with the best third of those that have come to a rung', () => {
    const earlier = [[0.5], [0.4], [0.3], [0.2], [0.1]];
    expect(goesOn(earlier, [0.6], options)).toBe(true);
    expect(goesOn(earlier, [0.45], options)).toBe(true); // second of six
    expect(goesOn(earlier, [0.4], options)).toBe(true); // a tie does not harm
    expect(goesOn(earlier, [0.35], options)).toBe(false);
  });

  it('stops nobody between rungs, nor where too few have come', () => {
    const long = [1, 2, 3, 4].map((value) => Array.from({ length: 9 }, () => value));
    const stopped = Array.from({ length: 9 }, (_, i) => !goesOn(long, new Array(i + 1).fill(0), options));
    expect(stopped.flatMap((is, i) => (is ? [i + 1] : []))).toEqual([1, 3, 9]);
    expect(goesOn([[1]], [0], options)).toBe(true);
    expect(goesOn([[1], [1, 1], [1, 1]], [0, 0, 0], options)).toBe(true);
  });

  it('has its rungs at grace · η^k, and none for η = 1', () => {
    const long = [1, 2, 3, 4].map((value) => Array.from({ length: 9 }, () => value));
    const stops = (o: typeof options) =>
      Array.from({ length: 9 }, (_, i) => i + 1).filter((n) => !goesOn(long, new Array(n).fill(0), o));
    expect(stops({ reduction: 2, grace: 2 })).toEqual([2, 4, 8]);
    expect(stops({ reduction: 1, grace: 1 })).toEqual([]);
  });

  it('spends most of its time on what is good', () => {
    // Final qualities 0 … 26 in a mixed order; a curve rises to its quality.
    const curves = Array.from({ length: 27 }, (_, i) => (i * 10) % 27).map((quality) =>
      Array.from({ length: 9 }, (_, step) => quality * (step + 1)),
    );
    const ran: number[][] = [];
    for (const curve of curves) {
      let length = 1;
      while (length < curve.length && goesOn(ran, curve.slice(0, length), options)) length += 1;
      ran.push(curve.slice(0, length));
    }
    const full = ran.flatMap((curve, i) => (curve.length === 9 ? [(i * 10) % 27] : []));
    expect(full).toContain(26);
    const work = ran.reduce((sum, curve) => sum + curve.length, 0);
    expect(work).toBeLessThan((27 * 9) / 2);
  });
});
