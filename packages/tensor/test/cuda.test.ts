import { cudaStatus, deviceTensorKernels, type FeatureSource, Graph, gatherFeatures } from '@pinsage/native';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, expect, test, vi } from 'vitest';
import {
  Adam,
  clipByGlobalNorm,
  deviceFallbacks,
  embeddingBag,
  gatherFeature,
  gatherRows,
  hingeLoss,
  importancePool,
  l2Normalize,
  linear,
  maxPool,
  softmaxCrossEntropy,
  transformedPool,
  useBackend,
} from '../src/index.js';

const { problem } = cudaStatus();
const withGpu = test.skipIf(problem !== '');

afterEach(() => useBackend('pinsage'));

test("'auto' is the GPU where there is one, and 'cuda' says why there is none", async () => {
  expect(await useBackend('pinsage', { device: 'auto' })).toBe(problem === '' ? 'cuda' : 'cpu');
  expect(await useBackend('pinsage', { device: 'cpu' })).toBe('cpu');
  expect(tf.getBackend()).toBe('pinsage');
  await expect(useBackend('cpu', { device: 'cuda' })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  await expect(useBackend('pinsage', { device: 'tpu' as 'cuda' })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  await expect(useBackend('pinsage', { device: 'cpu', precision: 'tf32' })).rejects.toMatchObject({
    code: 'MISSING_DEPENDENCY',
    message: expect.stringContaining('NVIDIA GPU'),
  });
  if (problem !== '') {
    await expect(useBackend('pinsage', { device: 'cuda' })).rejects.toMatchObject({
      code: 'MISSING_DEPENDENCY',
      message: expect.stringContaining(problem),
    });
  }
  expect(tf.getBackend()).toBe('pinsage');
});

/** Rows of numbers that are no multiples of each other. */
function matrix(rows: number, columns: number): tf.Tensor2D {
  return tf.tensor2d(
    Float32Array.from({ length: rows * columns }, (_, i) => Math.sin(i * 1.7) / 3),
    [rows, columns],
  );
}

/** Losses of steps that use every fused operation. */
function train(steps: number): number[] {
  const variables = Object.fromEntries(
    Object.entries({ Q: [40, 32], W: [72, 40], table: [50, 40] }).map(([name, [rows, columns]]) => [
      name,
      tf.tidy(() => tf.variable(matrix(rows, columns), true, name)),
    ]),
  );
  const q = tf.tidy(() => tf.variable(tf.zeros([32]) as tf.Tensor1D, true, 'q'));
  const all = [...Object.values(variables), q];
  const { Q, W, table } = variables as Record<string, tf.Variable<tf.Rank.R2>>;
  const adam = new Adam({ learningRate: 0.01, lazyRows: ['table'] });
  const bag = {
    offsets: Int32Array.from({ length: 31 }, (_, i) => 2 * i),
    rows: Int32Array.from({ length: 60 }, (_, i) => (i * 7) % 47),
    weights: Float32Array.from({ length: 60 }, (_, i) => 1 + (i % 3)),
  };
  const loss = () => {
    const neighbors = tf.tensor2d(
      Int32Array.from({ length: 60 }, (_, i) => (i * 11) % 30),
      [20, 3],
      'int32',
    );
    const weights = tf.tensor2d(
      Float32Array.from({ length: 60 }, (_, i) => i % 4),
      [20, 3],
    );
    const h = embeddingBag(table, bag);
    const self = tf.slice(h, [0, 0], [20, -1]);
    const z = l2Normalize(linear([self, transformedPool(h, Q, q, neighbors, weights)], W, undefined, 'relu'));
    const pooled = tf.add(importancePool(h, neighbors, weights), maxPool(h, neighbors, weights)) as tf.Tensor2D;
    const queries = gatherRows(z, tf.tensor1d([0, 1, 2, 3], 'int32'));
    const scores = tf.matMul(queries, tf.add(z, pooled) as tf.Tensor2D, false, true) as tf.Tensor2D;
    const masked = tf.tensor2d([0, 5, 3, 7], [2, 2], 'int32');
    const labels = tf.tensor1d([4, 5, 6, 7], 'int32');
    const hinge = hingeLoss(scores, tf.sum(tf.square(queries), 1) as tf.Tensor1D, 0.1, masked);
    return tf.add(softmaxCrossEntropy(scores, labels, masked), hinge) as tf.Scalar;
  };
  const losses = Array.from({ length: steps }, () =>
    tf.tidy(() => {
      const { value, grads } = tf.variableGrads(loss, all);
      const clipped = clipByGlobalNorm(Object.values(grads), 1);
      adam.step(all, Object.fromEntries(Object.keys(grads).map((name, i) => [name, clipped.grads[i]])));
      return value.dataSync()[0];
    }),
  );
  tf.dispose(all);
  adam.dispose();
  return losses;
}

withGpu(`training on the GPU is the CPU’s, without a fallback (skipped where: ${problem})`, async () => {
  await useBackend('pinsage', { device: 'cpu' });
  const expected = train(30);
  await useBackend('pinsage', { device: 'cuda' });
  const tensors = tf.memory().numTensors;
  const losses = train(30);
  expect(tf.memory().numTensors).toBe(tensors);
  expect([...deviceFallbacks()]).toEqual([]);
  expect(losses[29]).toBeLessThan(losses[0]);
  for (const [i, loss] of losses.entries()) expect(Math.abs(loss - expected[i])).toBeLessThan(1e-4 * expected[i]);
});

withGpu('what has no kernel for the GPU runs on the host, and is counted', async () => {
  await useBackend('pinsage', { device: 'cuda' });
  const x = tf.add(matrix(3, 4), 1);
  const before = deviceFallbacks().get('Cumsum') ?? 0;
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  tf.env().set('DEBUG', true);
  const sums = tf.cumsum(x, 1);
  tf.env().set('DEBUG', false);
  expect(deviceFallbacks().get('Cumsum')).toBe(before + 1);
  expect(warn.mock.calls.map(([text]) => text)).toContainEqual(expect.stringContaining('Cumsum has no kernel'));
  warn.mockRestore();
  // And goes back when a kernel needs it.
  const rows = x.arraySync() as number[][];
  expect(tf.max(tf.square(sums)).dataSync()[0]).toBeCloseTo(
    Math.max(...rows.map((row) => row.reduce((sum, value) => sum + value) ** 2)),
    4,
  );
  tf.dispose([x, sums]);
});

test('a batch can leave dense features to the GPU, and the rows are the same', async () => {
  const edges = { pins: Uint32Array.of(0, 1, 2, 3, 4, 0), boards: Uint32Array.of(0, 0, 1, 1, 0, 1) };
  await using graph = await Graph.fromEdges(edges, { pins: 6, boards: 2 });
  const features: FeatureSource[] = [
    { kind: 'dense', width: 3, values: Float32Array.from({ length: 18 }, (_, i) => i / 7) },
    { kind: 'dense', width: 1, values: Float32Array.of(1, 2, 3, 4, 5, 6) },
    { kind: 'dense', width: 3, dtype: 'i8', values: Int8Array.from({ length: 18 }, (_, i) => i - 9), scale: 0.1 },
  ];
  const newPins = { offsets: Uint32Array.of(0, 1), boards: Uint32Array.of(1) };
  const options = { layers: 1, features, newPins, seed: 1n };
  const roots = Uint32Array.of(3, 6, 1);
  const gathered = await graph.batch(roots, options);
  const batch = await graph.batch(roots, { ...options, deferDense: true });
  expect(batch.pins).toEqual(gathered.pins);
  expect(batch.features.map(({ kind }) => kind)).toEqual(['deferred', 'dense', 'deferred']);
  expect(batch.features[1]).toEqual(gathered.features[1]);
  await useBackend('pinsage', { device: 'cpu' });
  for (const i of [0, 2]) {
    const [own, expected] = [batch.features[i], gathered.features[i]];
    if (own.kind !== 'deferred' || expected.kind !== 'dense') throw new Error('Other kinds than above.');
    expect(() => gatherFeature(own)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    if (problem !== '') continue;
    await useBackend('pinsage', { device: 'cuda' });
    const rows = gatherFeature(own);
    expect(rows.shape).toEqual([batch.pins.length, 3]);
    expect(rows.dataSync()).toEqual(expected.values);
    rows.dispose();
    await useBackend('pinsage', { device: 'cpu' });
  }
  await expect(gatherFeatures(features, Uint32Array.of(6))).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
});

withGpu('the addon checks what memory safety depends on, on the GPU too', () => {
  const kernels = deviceTensorKernels();
  const f = (length: number) => kernels.allocate(length);
  const wrong = <T>(value: unknown) => value as T;
  const gone = f(4);
  kernels.release(gone);
  const source = { kind: 'dense', width: 2, values: new Float32Array(8) } as const;
  const table = kernels.featureTable(source);
  const calls: Record<string, () => unknown> = {
    'numbers of the host': () => kernels.fill(wrong(new Float32Array(4)), 0),
    'another object': () => kernels.fill(wrong({ length: 4 }), 0),
    'released numbers': () => kernels.fill(gone, 0),
    'released twice': () => kernels.download(gone, new Float32Array(4)),
    'a short result': () => kernels.matMul(f(4), f(4), f(3), 2, 2, 2, false, false, 1, 1, 0, false),
    'an unknown precision': () => kernels.matMul(f(4), f(4), f(4), 2, 2, 2, false, false, 1, 1, 9, false),
    'a part beyond the end': () => kernels.subarray(f(4), 2, 5),
    'a part that ends before it begins': () => kernels.subarray(f(4), 3, 2),
    'a short download': () => kernels.download(f(4), new Float32Array(3)),
    'a box that ends beyond the end': () => kernels.copyBox(f(6), 0, [3, 1], f(6), 0, [4, 1], [2, 3]),
    'a row that is not there': () => kernels.gatherRows(f(6), 3, Int32Array.of(2), f(3)),
    'a neighbour that is not there': () => kernels.maxPool(f(6), 3, Int32Array.of(-1), Float32Array.of(1), 1, f(3)),
    'a label that is not there': () => kernels.softmaxCrossEntropy(f(6), 2, 3, Int32Array.of(0, 3), undefined, f(1)),
    'a masked entry that is not there': () => kernels.hingeLoss(f(6), 2, 3, f(2), 0, Int32Array.of(0, 3), f(1)),
    'a pin without a row': () => kernels.gatherFeature(table, Uint32Array.of(4), 5, f(2)),
    'a handle of something else': () => kernels.gatherFeature(wrong({}), Uint32Array.of(0), 4, f(2)),
  };
  for (const [name, call] of Object.entries(calls)) {
    expect(call, name).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  }
  // And what is right still works, also at length 0.
  const numbers = kernels.upload(Float32Array.of(1, 2, 3));
  const out = new Float32Array(2);
  kernels.download(kernels.subarray(numbers, 1, 3), out);
  expect([...out]).toEqual([2, 3]);
  kernels.fill(f(0), 1);
  expect(kernels.sumOfSquares([numbers, f(0)])).toBe(14);
});
