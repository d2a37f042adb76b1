import { randomWords, setThreads } from '@pinsage/native';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, expect, test } from 'vitest';
import { randomNormal, randomUniform, useBackend } from '../src/index.js';

afterEach(async () => {
  setThreads(0);
  await useBackend('pinsage');
});

const BLOCK = 1024;
const PURPOSE = 0x1e17;

/** Element i from its random words, in float64. */
function expected(seed: bigint, stream: number, i: number): { uniform: number; normal: number } {
  const block = Math.floor(i / BLOCK);
  const words = randomWords(seed, [stream, 0, (block * BLOCK) / 4], PURPOSE, BLOCK);
  const place = i % BLOCK;
  const pair = place % (BLOCK / 2);
  const radius = Math.sqrt(-2 * Math.log(((words[pair] >>> 8) + 1) / 2 ** 24));
  const angle = (2 * Math.PI * words[pair + BLOCK / 2]) / 2 ** 32;
  return {
    uniform: (words[place] >>> 8) / 2 ** 24,
    normal: radius * (place < BLOCK / 2 ? Math.cos(angle) : Math.sin(angle)),
  };
}

test('every element follows from its Philox words', () => {
  const normal = randomNormal([3, 1000], { seed: 5n, stream: 7 }).dataSync();
  const uniform = randomUniform([3, 1000], { seed: 5n, stream: 7 }).dataSync();
  for (let i = 0; i < 3000; ++i) {
    const { uniform: u, normal: n } = expected(5n, 7, i);
    expect(uniform[i]).toBe(u);
    expect(Math.abs(normal[i] - n)).toBeLessThan(4e-7 * Math.max(1, Math.abs(n)));
  }
});

test('the same bits at any number of threads, for any length, on any backend', async () => {
  const draw = (size: number) => randomNormal([size], { seed: 1, deviation: 2 }).dataSync();
  const whole = draw(50_001);
  setThreads(5);
  expect(Array.from(draw(50_001))).toEqual(Array.from(whole));
  expect(Array.from(draw(1500))).toEqual(Array.from(whole.slice(0, 1500)));
  await useBackend('cpu');
  expect(Array.from(draw(1500))).toEqual(Array.from(whole.slice(0, 1500)));
});

test('means and deviations are what was asked for', () => {
  const x = randomNormal([1000, 1000], { seed: 3, mean: -2, deviation: 0.5 });
  const { mean, variance } = tf.moments(x);
  expect(mean.dataSync()[0]).toBeCloseTo(-2, 2);
  expect(variance.dataSync()[0]).toBeCloseTo(0.25, 2);
  const u = randomUniform([1000, 1000], { seed: 3, low: 1, high: 3 });
  expect(tf.mean(u).dataSync()[0]).toBeCloseTo(2, 2);
  expect(tf.min(u).dataSync()[0]).toBeGreaterThanOrEqual(1);
  expect(tf.max(u).dataSync()[0]).toBeLessThan(3);
});

test('another seed or stream gives other numbers', () => {
  const first = (seed: number | bigint, stream: number) => randomUniform([4], { seed, stream }).arraySync();
  expect(first(1, 0)).not.toEqual(first(2, 0));
  expect(first(1, 0)).not.toEqual(first(1, 1));
  expect(first(1, 0)).toEqual(first(1n, 0));
});

test('a seed that is no 64-bit word is refused', () => {
  for (const seed of [-1, 0.5, 2n ** 64n, '1'] as number[]) {
    expect(() => randomNormal([2], { seed })).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  }
});
