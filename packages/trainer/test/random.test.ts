import { describe, expect, it } from 'vitest';
import { RandomStream } from '../src/random.js';
import { WeightedIndex } from '../src/weighted.js';

describe('RandomStream', () => {
  const words = (stream: RandomStream, count = 3000) => Array.from({ length: count }, () => stream.word());

  it('is a function of seed, purpose and index', () => {
    const base = words(new RandomStream(7, 'pairs', 3));
    expect(words(new RandomStream(7, 'pairs', 3))).toEqual(base);
    for (const other of [
      new RandomStream(8, 'pairs', 3),
      new RandomStream(7, 'hard', 3),
      new RandomStream(7, 'pairs', 4),
    ]) {
      expect(words(other).filter((word) => base.includes(word)).length).toBeLessThan(3);
    }
    expect(new Set(base).size).toBeGreaterThan(2990);
  });

  it('draws uniform integers and numbers', () => {
    const stream = new RandomStream(1, 'pairs', 0);
    const counts = new Array(10).fill(0);
    for (let i = 0; i < 20_000; i++) counts[stream.below(10)] += 1;
    const chiSquare = counts.reduce((sum, count) => sum + (count - 2000) ** 2 / 2000, 0);
    // 9 degrees of freedom: above 27.9 with probability .001
    expect(chiSquare).toBeLessThan(27.9);
    const uniform = Array.from({ length: 5000 }, () => stream.uniform());
    expect(Math.max(...uniform)).toBeLessThan(1);
    expect(uniform.reduce((a, b) => a + b) / 5000).toBeCloseTo(0.5, 1);
  });

  it('samples distinct integers, each as likely', () => {
    const counts = new Array(8).fill(0);
    for (let i = 0; i < 4000; i++) {
      const sample = new RandomStream(2, 'shared', i).sample(8, 3);
      expect(new Set(sample).size).toBe(3);
      expect([...sample]).toEqual([...sample].sort());
      for (const value of sample) counts[value] += 1;
    }
    for (const count of counts) expect(Math.abs(count - 1500)).toBeLessThan(130);
    expect([...new RandomStream(2, 'shared', 0).sample(3, 5)]).toEqual([0, 1, 2]);
  });
});

it('draws indices in proportion to their weights, and never one of weight 0', () => {
  const index = new WeightedIndex(Float64Array.of(0, 1, 0, 3, 6, 0));
  const random = new RandomStream(3, 'pairs', 0);
  const counts = new Array(6).fill(0);
  for (let i = 0; i < 10_000; i++) counts[index.draw(random)] += 1;
  expect([counts[0], counts[2], counts[5]]).toEqual([0, 0, 0]);
  for (const [i, expected] of [
    [1, 1000],
    [3, 3000],
    [4, 6000],
  ])
    expect(Math.abs(counts[i] - expected)).toBeLessThan(250);
});
