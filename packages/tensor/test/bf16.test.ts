import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { Adam, linear, softmaxCrossEntropy, useBackend } from '../src/index.js';

/** Older processors have no such products. */
const supported = await useBackend('pinsage', { precision: 'bf16' }).then(
  () => true,
  () => false,
);

beforeEach(() => useBackend('pinsage'));
afterAll(() => useBackend('pinsage'));

test.runIf(supported)('bf16 rounds operands to 8 bits, and sums in float32', async () => {
  const [a, b] = [tf.tensor2d([[1 + 2 ** -9, 1]]), tf.tensor2d([[256], [2 ** -9]])];
  expect(tf.matMul(a, b).dataSync()[0]).toBe(256.501953125);
  await useBackend('pinsage', { precision: 'bf16' });
  expect(tf.matMul(a, b).dataSync()[0]).toBe(256.001953125);
  const [x, y] = [tf.randomNormal([70, 300], 0, 1, 'float32', 1), tf.randomNormal([50, 300], 0, 1, 'float32', 2)];
  const rounded = tf.matMul(x, y, false, true).dataSync();
  const transposed = tf.matMul(tf.transpose(x), tf.transpose(y), true, false).dataSync();
  await useBackend('pinsage');
  for (const [i, exact] of tf.matMul(x, y, false, true).dataSync().entries()) {
    expect(Math.abs(rounded[i] - exact)).toBeLessThan(0.25);
    expect(transposed[i]).toBeCloseTo(rounded[i], 4);
  }
});

test.runIf(supported)('training reaches the same loss in bf16', async () => {
  const train = () =>
    tf.tidy(() => {
      const x = tf.randomNormal([256, 20], 0, 1, 'float32', 3) as tf.Tensor2D;
      const labels = tf.argMax(tf.matMul(x, tf.randomNormal([20, 5], 0, 1, 'float32', 4)), 1) as tf.Tensor1D;
      const weights = [tf.randomNormal([20, 64], 0, 0.2, 'float32', 5), tf.randomNormal([64, 5], 0, 0.1, 'float32', 6)];
      const [w1, w2] = weights.map((weight) => tf.variable(weight as tf.Tensor2D));
      const adam = new Adam({ learningRate: 0.01 });
      const loss = () => softmaxCrossEntropy(linear(linear(x, w1, undefined, 'relu'), w2), labels);
      for (let i = 0; i < 60; ++i) tf.tidy(() => adam.step([w1, w2], tf.variableGrads(loss, [w1, w2]).grads));
      adam.dispose();
      return loss().dataSync()[0];
    });
  const exact = train();
  await useBackend('pinsage', { precision: 'bf16' });
  const rounded = train();
  expect(exact).toBeLessThan(0.3);
  expect(Math.abs(rounded - exact)).toBeLessThan(0.03);
});

test('bf16 is refused on other backends, and an unknown precision everywhere', async () => {
  await expect(useBackend('cpu', { precision: 'bf16' })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  await expect(useBackend('pinsage', { precision: 'f8' as never })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
});
