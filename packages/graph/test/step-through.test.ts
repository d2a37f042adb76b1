import { expect, it } from 'vitest';
import { stepThrough } from '../src/index.js';

it.each([1, 2, 3, 10, 4181, 65_536, 99_999])('meets each of %i numbers once, far from the one before', (count) => {
  const step = stepThrough(count);
  const met = new Set(Array.from({ length: count }, (_, k) => (k * step) % count));
  expect(met.size).toBe(count);
  if (count > 10) expect(Math.min(step, count - step)).toBeGreaterThan(count / 4);
});

it('is in the golden section of counts beyond 32 bits', () => {
  expect(stepThrough(2 ** 32 - 2) / 2 ** 32).toBeCloseTo(0.618, 3);
});
