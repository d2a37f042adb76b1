import * as tf from '@tensorflow/tfjs-core';
import { afterEach, expect, test } from 'vitest';
import { Adam, clipByGlobalNorm, useBackend } from '../src/index.js';

afterEach(() => useBackend('pinsage'));

/** Float64, from the paper. */
function reference(w: number[], grads: number[][], rate: number, decay: number): number[] {
  const [b1, b2, epsilon] = [0.9, 0.999, 1e-8];
  const m = w.map(() => 0);
  const v = w.map(() => 0);
  const result = [...w];
  for (const [t, grad] of grads.entries()) {
    for (const [i, g] of grad.entries()) {
      m[i] = b1 * m[i] + (1 - b1) * g;
      v[i] = b2 * v[i] + (1 - b2) * g * g;
      const change = m[i] / (1 - b1 ** (t + 1)) / (Math.sqrt(v[i] / (1 - b2 ** (t + 1))) + epsilon);
      result[i] -= rate * (change + decay * result[i]);
    }
  }
  return result;
}

const start = [1, -2, 0.5, 0];
const grads = Array.from({ length: 20 }, (_, t) => start.map((_, i) => Math.sin(t * 3 + i * 7)));

function run(adam: Adam, variable: tf.Variable, from: number, to: number): void {
  for (const grad of grads.slice(from, to))
    tf.tidy(() => adam.step([variable], { [variable.name]: tf.tensor1d(grad) }));
}

test.each(['pinsage', 'cpu'] as const)('20 steps equal the paper on backend %s', async (backend) => {
  await useBackend(backend);
  const variable = tf.variable(tf.tensor1d(start));
  const adam = new Adam({ learningRate: 0.1, weightDecay: 0.01 });
  run(adam, variable, 0, 20);
  const expected = reference(start, grads, 0.1, 0.01);
  for (const [i, value] of variable.dataSync().entries()) expect(value).toBeCloseTo(expected[i], 5);
  expect(adam.iterations).toBe(20);
  adam.dispose();
});

test('a restored optimizer goes on to the same bits', () => {
  const [whole, first] = [tf.variable(tf.tensor1d(start), true, 'w'), new Adam()];
  run(first, whole, 0, 10);
  const saved = structuredClone(first.state());
  const weights = Float32Array.from(whole.dataSync());
  run(first, whole, 10, 20);
  const expected = Array.from(whole.dataSync());
  whole.dispose();
  const again = tf.variable(tf.tensor1d(weights), true, 'w');
  const second = new Adam();
  second.restore(saved);
  run(second, again, 10, 20);
  expect(Array.from(again.dataSync())).toEqual(expected);
  expect(second.state()).toEqual(first.state());
});

test.each(['pinsage', 'cpu'] as const)(
  'lazy rows: those without a gradient keep weights and moments, on %s',
  async (backend) => {
    await useBackend(backend);
    const table = tf.variable(tf.ones([3, 2]), true, 'table');
    const whole = tf.variable(tf.ones([3, 2]), true, 'whole');
    const adam = new Adam({ learningRate: 0.1, weightDecay: 0.01, lazyRows: ['table'] });
    const grad = (rows: number[][]) => tf.tensor2d(rows);
    const step = (rows: number[][]) =>
      tf.tidy(() => adam.step([table, whole], { table: grad(rows), whole: grad(rows) }));
    const before = [0, 1, 2].map(() => [1, 1]);
    step([
      [1, 0],
      [0, 0],
      [0, 2],
    ]);
    step([
      [0, 0],
      [0, 0],
      [0, -1],
    ]);
    const rows = (name: string) => Array.from(adam.state()[name].data);
    expect(Array.from(table.dataSync()).slice(2, 4)).toEqual(before[1]);
    expect(rows('table.m').slice(0, 2)[0]).toBeCloseTo(0.1, 6);
    expect(rows('whole.m').slice(0, 2)[0]).toBeCloseTo(0.09, 6);
    expect(rows('table.v').slice(4)).toEqual(rows('whole.v').slice(4));
    expect(Array.from(table.dataSync()).slice(4)).toEqual(Array.from(whole.dataSync()).slice(4));
    expect(table.dataSync()[0]).not.toBe(whole.dataSync()[0]);
    tf.dispose([table, whole]);
    adam.dispose();
  },
);

test('variables without a gradient stay as they are', () => {
  const [a, b] = [tf.variable(tf.ones([2]), true, 'a'), tf.variable(tf.ones([2]), true, 'b')];
  new Adam({ weightDecay: 1 }).step([a, b], { b: tf.ones([2]) });
  expect(Array.from(a.dataSync())).toEqual([1, 1]);
  expect(b.dataSync()[0]).toBeLessThan(1);
});

test('clipping scales all gradients together', () => {
  const grads = [tf.tensor1d([3, 0]), tf.tensor2d([[4]])];
  const clipped = clipByGlobalNorm(grads, 1);
  expect(clipped.norm).toBe(5);
  expect(Array.from(clipped.grads[0].dataSync())[0]).toBeCloseTo(0.6, 6);
  expect(clipped.grads[1].dataSync()[0]).toBeCloseTo(0.8, 6);
  expect(clipByGlobalNorm(grads, 100).grads[0].dataSync()[0]).toBe(3);
  expect(clipByGlobalNorm([tf.tensor1d([Number.NaN])], 1).norm).toBeNaN();
});
