import { rm } from 'node:fs/promises';
import type { Dataset, Split } from '@pinsage/graph';
import { PinSage } from '@pinsage/model';
import { cudaStatus, type DeviceFloats, type DeviceGroup, deviceTensorKernels, ProcessGroup } from '@pinsage/native';
import { deviceFallbacks, useBackend } from '@pinsage/tensor';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { TrainerOptions } from '../src/config.js';
import { Trainer } from '../src/trainer.js';
import { DeviceSum } from '../src/workers/device-sum.js';
import { communities, openSplit } from './datasets.js';

let directory: string;
let dataset: Dataset;
let split: Split;

beforeAll(async () => {
  directory = await communities({ pins: 300, boards: 90, communities: 6, size: 12 });
  ({ dataset, split } = await openSplit(directory));
});

afterAll(async () => {
  await split.close();
  await dataset.close();
  await rm(directory, { recursive: true });
});

afterEach(() => useBackend('pinsage'));

async function lossesOf(options: TrainerOptions): Promise<number[]> {
  const model = new PinSage({ features: dataset.features, width: 16, hidden: 24, output: 16, layers: 2, seed: 3 });
  const small: TrainerOptions = { batch: 64, block: 32, stepsPerEpoch: 4, epochs: 3, neighborhoods: { walks: 20 } };
  const trainer = new Trainer(model, { dataset, graph: split.train }, { ...small, ...options });
  const losses: number[] = [];
  for await (const { loss } of trainer.run()) losses.push(loss);
  model.dispose();
  return losses;
}

const { problem } = cudaStatus();

it("takes 'auto' everywhere, and says why there is no GPU", async () => {
  const losses = await lossesOf({ sampling: 'auto' });
  expect(losses).toHaveLength(12);
  await expect(lossesOf({ sampling: 'tpu' as 'cpu' })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  if (problem === '') return;
  await expect(lossesOf({ sampling: 'cuda' })).rejects.toMatchObject({
    code: 'MISSING_DEPENDENCY',
    message: expect.stringContaining(`sampling is 'cuda': ${problem}`),
  });
});

it.skipIf(problem !== '')(`walks on the GPU change no bit of training (skipped where: ${problem})`, async () => {
  expect(await lossesOf({ sampling: 'cuda' })).toEqual(await lossesOf({ sampling: 'cpu' }));
});

it.skipIf(problem !== '')(`trains on the GPU without waiting for the host (skipped where: ${problem})`, async () => {
  for (const options of [
    {},
    { loss: 'max-margin', setQuery: 1, negatives: { hard: 2 } },
    { loss: 'cross-entropy', nodeDropout: 0 },
  ] as TrainerOptions[]) {
    await useBackend('pinsage', { device: 'cpu' });
    const expected = await lossesOf(options);
    await useBackend('pinsage', { device: 'cuda' });
    const losses = await lossesOf(options);
    for (const [i, loss] of losses.entries()) expect(Math.abs(loss - expected[i])).toBeLessThan(2e-3 * expected[i]);
  }
  expect([...deviceFallbacks()]).toEqual([]);
});

it.skipIf(problem !== '')(
  `gradients on the GPU become the sum of all workers' (skipped where: ${problem})`,
  async () => {
    await useBackend('pinsage', { device: 'cuda' });
    const kernels = deviceTensorKernels();
    // The other worker has the same gradients; NCCL's part is tried where there are two GPUs.
    const twice = (floats: DeviceFloats) => {
      const values = new Float32Array(floats.length);
      kernels.download(floats, values);
      const sum = kernels.upload(values.map((value) => 2 * value));
      kernels.copyBox(sum, 0, [1], floats, 0, [1], [floats.length]);
    };
    const gpus = { allReduce: (arrays: DeviceFloats[]) => arrays.forEach(twice) } as DeviceGroup;
    using group = ProcessGroup.create({ rank: 0, size: 1 });
    tf.tidy(() => {
      const start = tf.tensor1d([1, 2, 3]);
      // The gradients of a and b are one tensor, and c has none.
      const [a, b, c] = ['a', 'b', 'c'].map((name) => tf.variable(start, true, name));
      const { value, grads } = tf.variableGrads(() => tf.sum(tf.square(tf.add(a, b))) as tf.Scalar, [a, b]);
      const { loss, grads: sums } = new DeviceSum(group, gpus, [a, b, c]).finish(value, grads);
      expect(loss).toBe(56);
      for (const name of ['a', 'b']) expect([...sums[name].dataSync()]).toEqual([8, 16, 24]);
      expect([...sums.c.dataSync()]).toEqual([0, 0, 0]);
      for (const variable of [a, b, c]) variable.dispose();
    });
  },
);
