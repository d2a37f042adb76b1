import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Dataset } from '@pinsage/graph';
import type { Batch, Graph } from '@pinsage/native';
import { type BackendName, gatherRows, useBackend } from '@pinsage/tensor';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { maxMargin, PinSage, type PinSageOptions, sampledSoftmax } from '../src/index.js';
import { columns, PINS, smallGraph, smallSources } from './collection.js';

// A second opinion: TensorFlow's kernels and TF.js's own gradients against ours. Opt-in, for it needs a gigabyte of TensorFlow:
// `node tools/build-tfjs-node.mjs`, then PINSAGE_TFJS_NODE=.cache/tfjs-node (relative to the repository's root).

const root = fileURLToPath(new URL('../../..', import.meta.url));
const folder = process.env.PINSAGE_TFJS_NODE;
const reason = folder ? '' : ' (skipped: PINSAGE_TFJS_NODE is not set, see tools/README.md)';

/** Of the largest magnitude in the same tensor. */
const TOLERANCE = 1e-5;

const counts = { queries: 6, positives: 6, shared: 5, hard: 12 };
const roots = Uint32Array.of(5, 0, 17, 1, 30, 22, 9, 3, 12, 7, 2, 25, 38, 14, 6, 33, 19);
const hardRoots = Uint32Array.from({ length: counts.hard }, (_, i) => (i * 11 + 4) % PINS);
const masked = Int32Array.of(0, 3, 2, counts.queries + 1, 4, counts.queries + counts.shared + 1);
const logQ = Float32Array.from({ length: counts.positives + counts.shared }, (_, i) => -1 - i / 4);

const losses = {
  'sampled softmax': (q: tf.Tensor2D, c: Parameters<typeof sampledSoftmax>[1]) =>
    sampledSoftmax(q, c, { temperature: 0.3, logQ, masked }),
  'max-margin': (q: tf.Tensor2D, c: Parameters<typeof maxMargin>[1]) =>
    maxMargin(q, c, { margin: 0.4, masked, inBatch: true }),
};

let graph: Graph;
/** The largest relative difference of each result. */
const largest = new Map<string, number>();

beforeAll(async () => {
  graph = await smallGraph();
  if (folder) {
    // As an application does that brings its own build: once it is loaded, useBackend finds it.
    createRequire(join(resolve(root, folder), 'package.json'))('@tensorflow/tfjs-node');
  }
});

afterAll(async () => {
  graph.close();
  await useBackend('pinsage');
  if (largest.size === 0) return;
  const lines = [...largest].map(([result, relative]) => `${relative.toExponential(1)}  ${result}`);
  console.log(`Largest relative differences of all cases:\n${lines.join('\n')}`);
});

/** Embeddings, loss and the gradient of every variable, under these names. */
async function compute(
  backend: BackendName,
  options: PinSageOptions,
  lossOf: (typeof losses)[keyof typeof losses],
): Promise<Map<string, Float32Array>> {
  await useBackend(backend);
  expect(tf.getBackend()).toBe(backend);
  const model = new PinSage(options);
  // Off the initial values, biases too; these numbers do not depend on the backend.
  model.variables.forEach((variable, i) => {
    tf.tidy(() => variable.assign(tf.add(variable, tf.randomNormal(variable.shape, 0, 0.3, 'float32', i + 1))));
  });
  const batch = await batchOf(model);
  const results = new Map([['embeddings', tf.tidy(() => values(model.forward(batch)))]]);
  const { value, grads } = tf.variableGrads(() => {
    const z = model.forward(batch);
    let next = 0;
    const part = (count: number) => {
      next += count;
      return gatherRows(z, tf.tensor1d(batch.rootRows.slice(next - count, next), 'int32'));
    };
    const queries = part(counts.queries);
    return lossOf(queries, {
      positives: part(counts.positives),
      shared: part(counts.shared),
      hard: part(counts.hard),
    });
  }, model.variables);
  results.set('loss', values(value));
  for (const { name } of model.variables) results.set(name, values(grads[name]));
  tf.dispose([value, grads]);
  model.dispose();
  return results;
}

function batchOf(model: PinSage): Promise<Batch> {
  const sources = smallSources();
  const dataset = { source: (column: unknown) => sources[columns.indexOf(column as never)] } as unknown as Dataset;
  const pins = Uint32Array.of(...roots, ...hardRoots);
  const features = model.sources(dataset, graph);
  return graph.batch(pins, { layers: 2, features, walks: 20, hops: 2, neighbors: 4, seed: 11n });
}

function values(tensor: tf.Tensor): Float32Array {
  return Float32Array.from(tensor.dataSync());
}

/** The largest difference, in units of the largest magnitude that is expected. */
function difference(actual: Float32Array, expected: Float32Array): number {
  expect(actual.length).toBe(expected.length);
  expect(expected.every(Number.isFinite)).toBe(true);
  const scale = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  expect(scale).toBeGreaterThan(0);
  return expected.reduce((most, value, i) => Math.max(most, Math.abs(actual[i] - value)), 0) / scale;
}

describe("backend 'tensorflow' agrees with 'pinsage'", () => {
  for (const aggregator of ['importance', 'mean', 'max'] as const) {
    for (const similarity of ['cosine', 'dot'] as const) {
      for (const [lossName, lossOf] of Object.entries(losses)) {
        const name = `${lossName}, ${similarity}, ${aggregator} pooling`;
        it.skipIf(!folder)(`${name}${reason}`, async () => {
          const sizes = { layers: 2, width: 24, hidden: 40, output: 16, pinVector: true, pins: PINS, seed: 3 };
          const options = { features: columns, ...sizes, aggregator, similarity };
          const ours = await compute('pinsage', options, lossOf);
          const theirs = await compute('tensorflow', options, lossOf);
          expect([...theirs.keys()]).toEqual([...ours.keys()]);
          for (const [result, expected] of ours) {
            const relative = difference(theirs.get(result)!, expected);
            largest.set(result, Math.max(relative, largest.get(result) ?? 0));
            expect(relative, result).toBeLessThan(TOLERANCE);
          }
        });
      }
    }
  }
});
