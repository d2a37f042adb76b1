import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import { expect, test } from 'vitest';
import '../src/index.js';
import { defaultBackend } from '../src/register.js';

test('a tfjs-layers classifier learns two moons with fit()', async () => {
  expect(tf.getBackend() ?? tf.engine().backendNames()[0]).toBeDefined();
  const count = 200;
  const points = Array.from({ length: count }, (_, i) => {
    const [angle, upper] = [(Math.PI * (i >> 1)) / (count / 2), i % 2 === 0];
    const noise = ((i * 7919) % 101) / 1000 - 0.05;
    return upper ? [Math.cos(angle) + noise, Math.sin(angle)] : [1 - Math.cos(angle), 0.5 - Math.sin(angle) + noise];
  });
  const model = layers.sequential();
  model.add(
    layers.layers.dense({
      units: 32,
      activation: 'relu',
      inputShape: [2],
      kernelInitializer: layers.initializers.glorotNormal({ seed: 1 }),
    }),
  );
  model.add(
    layers.layers.dense({
      units: 32,
      activation: 'tanh',
      kernelInitializer: layers.initializers.glorotNormal({ seed: 2 }),
    }),
  );
  model.add(
    layers.layers.dense({
      units: 2,
      activation: 'softmax',
      kernelInitializer: layers.initializers.glorotNormal({ seed: 3 }),
    }),
  );
  model.compile({ optimizer: tf.train.adam(0.01), loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy'] });
  const [xs, ys] = [tf.tensor2d(points), tf.tensor1d(points.map((_, i) => i % 2))];
  const { history } = await model.fit(xs, ys, { epochs: 40, batchSize: 32, verbose: 0, shuffle: false });
  expect(tf.getBackend()).toBe(defaultBackend());
  expect(history.acc.at(-1)).toBeGreaterThan(0.97);
});
