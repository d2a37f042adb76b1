import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import {
  Adam,
  clipByGlobalNorm,
  importancePool,
  isOnGpu,
  l2Normalize,
  linear,
  poolStatistics,
  softmaxCrossEntropy,
  useBackend,
} from '../src/index.js';

/** A training step of a small network; every kind of tensor that training makes. */
function makeStep(rows = 64): { step: () => number; dispose: () => void } {
  const w = tf.tidy(() => tf.variable(tf.randomNormal([16, 32], 0, 0.3, 'float32', 1) as tf.Tensor2D));
  const bias = tf.tidy(() => tf.variable(tf.zeros([32]) as tf.Tensor1D));
  const ids = Int32Array.from({ length: rows * 5 }, (_, i) => (i * 31) % rows);
  const adam = new Adam({ learningRate: 0.01 });
  const step = () =>
    tf.tidy(() => {
      const x = tf.randomNormal([rows, 16], 0, 1, 'float32', 2) as tf.Tensor2D;
      const labels = tf.range(0, rows, 1, 'int32');
      const { value, grads } = tf.variableGrads(() => {
        const h = linear(x, w, bias, 'relu');
        const pooled = importancePool(h, tf.tensor2d(ids, [rows, 5], 'int32'), tf.ones([rows, 5]));
        const z = l2Normalize(tf.add(h, pooled));
        return softmaxCrossEntropy(tf.matMul(z, z, false, true), labels);
      });
      const clipped = clipByGlobalNorm(Object.values(grads), 1).grads;
      adam.step([w, bias], Object.fromEntries(Object.keys(grads).map((name, i) => [name, clipped[i]])));
      return value.dataSync()[0];
    });
  return {
    step,
    dispose: () => {
      tf.dispose([w, bias]);
      adam.dispose();
    },
  };
}

test('a training step leaves no tensor and no buffer behind, and reuses its buffers', () => {
  const [tensors, live] = [tf.memory().numTensors, poolStatistics().liveBuffers];
  const { step, dispose } = makeStep();
  step();
  step();
  const after = { tensors: tf.memory().numTensors, ...poolStatistics() };
  for (let i = 0; i < 20; ++i) step();
  expect({ tensors: tf.memory().numTensors, ...poolStatistics() }).toEqual(after);
  dispose();
  expect(tf.memory().numTensors).toBe(tensors);
  expect(poolStatistics().liveBuffers).toBe(live);
});

test('resident memory stays flat over 2,000 steps', () => {
  // On a GPU also the objects that stand for its arrays, until the event loop turns.
  const { step, dispose } = makeStep();
  for (let i = 0; i < 300; ++i) step();
  const before = process.memoryUsage().rss;
  let last = 0;
  for (let i = 0; i < 2000; ++i) last = step();
  expect(last).toBeGreaterThan(0);
  expect(process.memoryUsage().rss - before).toBeLessThan((isOnGpu() ? 40 : 24) * 2 ** 20);
  dispose();
});

test('an array that dataSync() gave away is never written again', () => {
  const x = tf.add(tf.ones([1000]), 1);
  const given = x.dataSync();
  x.dispose();
  tf.tidy(() => {
    for (let i = 0; i < 10; ++i) tf.add(tf.fill([1000], i), 100);
  });
  expect(given.every((value) => value === 2)).toBe(true);
});

test('slices, reshapes and clones outlive their source', () => {
  const source = tf.add(tf.range(0, 1000), 0);
  const parts = [tf.slice(source, [10], [5]), tf.reshape(source, [100, 10]), source.clone(), ...tf.split(source, 4)];
  const complex = tf.complex(source, source);
  source.dispose();
  tf.tidy(() => {
    for (let i = 0; i < 10; ++i) tf.fill([1000], -7);
  });
  expect(Array.from(parts[0].dataSync())).toEqual([10, 11, 12, 13, 14]);
  expect((parts[1].arraySync() as number[][])[99][9]).toBe(999);
  expect(parts[2].dataSync()[500]).toBe(500);
  expect(parts[4].dataSync()[0]).toBe(250);
  expect(tf.real(complex).dataSync()[7]).toBe(7);
  tf.dispose([...parts, complex]);
});

test('Adam changes a variable in place, but nothing that shares its memory', () => {
  const user = Float32Array.of(1, 2, 3);
  const initial = tf.tensor1d(user);
  const variable = tf.variable(initial, true, 'shared');
  const adam = new Adam({ learningRate: 0.5 });
  const step = () => tf.tidy(() => adam.step([variable], { shared: tf.tensor1d([1, 1, 1]) }));
  step();
  const clone = variable.clone();
  const snapshot = variable.dataSync();
  const kept = Array.from(snapshot);
  step();
  step();
  expect(Array.from(user)).toEqual([1, 2, 3]);
  expect(Array.from(initial.dataSync())).toEqual([1, 2, 3]);
  expect(Array.from(snapshot)).toEqual(kept);
  expect(Array.from(clone.dataSync())).toEqual(kept);
  expect(Array.from(variable.dataSync())).not.toEqual(kept);
  tf.dispose([variable, initial, clone]);
  adam.dispose();
});

test('moving tensors between backends keeps their values', async () => {
  const x = tf.add(tf.range(0, 100), 1);
  await tf.setBackend('cpu');
  const y = tf.add(x, 1);
  await useBackend('pinsage');
  expect(tf.add(y, 1).dataSync()[99]).toBe(102);
  tf.dispose([x, y]);
});

test('the pool gives back what is no longer needed', async () => {
  await useBackend('pinsage', { device: 'cpu' });
  const before = poolStatistics().freeBytes;
  tf.tidy(() => {
    tf.fill([80 << 20], 1);
  });
  expect(poolStatistics().freeBytes).toBeGreaterThanOrEqual(320 << 20);
  for (let i = 0; i < 45_000; ++i) tf.fill([4], 1).dispose();
  expect(poolStatistics().freeBytes).toBeLessThan(before + (100 << 20));
});
