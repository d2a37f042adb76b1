import { describe, expect, it } from 'vitest';
import { bootstrap, coverage, hitRate, ndcg, recall, scaledMrr } from '../src/metrics/index.js';

const ranks = Uint32Array.of(1, 5, 30, 250);

describe('metrics of one query', () => {
  it('counts a hit when any relevant item is within k', () => {
    expect(hitRate(ranks, 1)).toBe(1);
    expect(hitRate(Uint32Array.of(11, 30), 10)).toBe(0);
    expect(hitRate(Uint32Array.of(10, 30), 10)).toBe(1);
  });

  it('recalls hits over relevant items, not over k', () => {
    expect(recall(ranks, 20)).toBe(2 / 4);
    expect(recall(ranks, 4)).toBe(1 / 4);
  });

  it('scales reciprocal ranks in steps of 100', () => {
    expect(scaledMrr(ranks)).toBe((1 + 1 + 1 + 1 / 3) / 4);
    expect(scaledMrr(Uint32Array.of(100, 101), 100)).toBe((1 + 1 / 2) / 2);
  });

  it('discounts gains and divides by the best order', () => {
    const gain = 1 / Math.log2(2) + 1 / Math.log2(6);
    const best = 1 / Math.log2(2) + 1 / Math.log2(3) + 1 / Math.log2(4) + 1 / Math.log2(5);
    expect(ndcg(ranks, 20)).toBeCloseTo(gain / best, 12);
    expect(ndcg(Uint32Array.of(1, 2, 3), 3)).toBeCloseTo(1, 12);
    expect(ndcg(Uint32Array.of(1, 2, 3), 2)).toBeCloseTo(1, 12);
  });

  it('covers the items of all lists once, without padding', () => {
    expect(coverage(Uint32Array.of(3, 4, 4, 9, 0xffffffff), 12)).toBe(3 / 12);
  });
});

describe('bootstrap', () => {
  it('matches the normal approximation', () => {
    const values = Float64Array.from({ length: 400 }, (_, i) => (i % 4 === 0 ? 1 : 0));
    const [{ mean, low, high }] = bootstrap([values], { resamples: 2000 });
    const half = 1.96 * Math.sqrt((0.25 * 0.75) / 400);
    expect(mean).toBe(0.25);
    expect(low).toBeGreaterThan(0.25 - half * 1.15);
    expect(low).toBeLessThan(0.25 - half * 0.85);
    expect(high).toBeLessThan(0.25 + half * 1.15);
    expect(high).toBeGreaterThan(0.25 + half * 0.85);
  });

  it('is a function of the seed, and gives all metrics the same resamples', () => {
    const values = Float64Array.from({ length: 50 }, (_, i) => Math.sin(i));
    const first = bootstrap([values, values], { seed: 1 });
    expect(first[0]).toEqual(first[1]);
    expect(bootstrap([values], { seed: 1 })[0]).toEqual(first[0]);
    expect(bootstrap([values], { seed: 2 })[0]).not.toEqual(first[0]);
  });
});
