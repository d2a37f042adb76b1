import '@tensorflow/tfjs-core';
import type { Dataset } from '@pinsage/graph';
import type { FeatureSource, Graph } from '@pinsage/native';
import { gatherRows } from '@pinsage/tensor';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ModelBatch, PinSage, type PinSageOptions, sampledSoftmax } from '../src/index.js';
import { BOARDS, boardColumns, columns, PINS, smallBoardSources, smallGraph, smallSources } from './collection.js';
import { type Collection, embed, referenceSoftmax, type Weights } from './reference.js';

const walks = { walks: 20, hops: 2, neighbors: 4, seed: 11n };
const sizes = { width: 7, hidden: 9, output: 5, seed: 3 };
const roots = Uint32Array.of(5, 0, 17, 1, 5, 30, 22, 9);

let graph: Graph;
let data: Collection;

beforeAll(async () => {
  graph = await smallGraph();
  const all = Uint32Array.from({ length: PINS }, (_, pin) => pin);
  data = {
    columns,
    sources: smallSources(),
    boardColumns,
    boardSources: smallBoardSources(),
    graph,
    neighborhoods: await graph.neighborhoods(all, walks),
  };
});
afterAll(() => graph.close());

/** A dataset whose features are those of the collection. */
const dataset = {
  source: (column: unknown) => data.sources[columns.indexOf(column as never)],
  boardSource: (column: unknown) => data.boardSources[boardColumns.indexOf(column as never)],
} as unknown as Dataset;

function featuresOf(model: PinSage): FeatureSource[] {
  return model.sources(dataset, graph);
}

function weightsOf(model: PinSage): Weights {
  return Object.fromEntries(
    model.variables.map((variable) => [
      variable.name,
      { shape: variable.shape, values: Float64Array.from(variable.dataSync()) },
    ]),
  );
}

/** Moves every weight off its initial value, biases too. */
function perturb(model: PinSage): void {
  model.variables.forEach((variable, i) => {
    tf.tidy(() => variable.assign(tf.add(variable, tf.randomNormal(variable.shape, 0, 0.3, 'float32', i + 1))));
  });
}

async function batchOf(model: PinSage, pins: Uint32Array): Promise<ModelBatch> {
  const features = featuresOf(model);
  const batch = await graph.batch(pins, { layers: Math.max(1, model.config.layers), features, ...walks });
  const boards = model.boardSources(dataset, graph);
  return { ...batch, boards: boards && (await graph.boardBags(batch.pins, boards)) };
}

function collectionOf(model: PinSage): Collection {
  return { ...data, columns: model.features, boardColumns: model.boardFeatures };
}

function rows(matrix: tf.Tensor2D): number[][] {
  return matrix.arraySync();
}

function expectClose(actual: number[][], expected: number[][], tolerance = 2e-6): void {
  expect(actual.length).toBe(expected.length);
  actual.forEach((row, i) => {
    row.forEach((value, j) => {
      expect(Math.abs(value - expected[i][j]), `[${i}, ${j}]: ${value} and ${expected[i][j]}`).toBeLessThan(tolerance);
    });
  });
}

const variants: Record<string, Partial<PinSageOptions>> = {
  'by default': {},
  'without layers': { layers: 0 },
  'with one layer': { layers: 1 },
  'with three layers': { layers: 3 },
  'with mean pooling': { aggregator: 'mean' },
  'with max pooling': { aggregator: 'max' },
  'without residual': { residual: false },
  'with dot products': { similarity: 'dot' },
  'without the degree': { degree: false },
  'with pin vectors': { pinVector: true, pins: PINS },
  'with board vectors': { boardVector: true, boards: BOARDS },
  'with features of boards': { boardFeatures: boardColumns },
  'with both': { boardFeatures: boardColumns, boardVector: true, boards: BOARDS },
  'with pin vectors alone': { features: [], degree: false, pinVector: true, pins: PINS },
};

describe('forward', () => {
  for (const [name, options] of Object.entries(variants)) {
    it(`equals the plain computation ${name}`, async () => {
      const model = new PinSage({ features: columns, ...sizes, ...options });
      perturb(model);
      const batch = await batchOf(model, roots);
      const z = tf.tidy(() => rows(gatherRows(model.forward(batch), tf.tensor1d(batch.rootRows, 'int32'))));
      const weights = weightsOf(model);
      const collection = collectionOf(model);
      expectClose(
        z,
        Array.from(roots, (pin) => embed(pin, model.config, weights, collection)),
        1e-5,
      );
      model.dispose();
    });
  }

  it('leaves no tensors behind', async () => {
    const before = tf.memory().numTensors;
    const model = new PinSage({ features: columns, ...sizes });
    const batch = await batchOf(model, roots);
    model.forward(batch).dispose();
    tf.dispose(model.inputs(batch.features, batch.boards));
    expect(tf.memory().numTensors).toBe(before + model.variables.length);
    model.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('pinBias', () => {
  it('adds a number of each candidate to its scores, and changes no embedding', () => {
    const model = new PinSage({ features: columns, ...sizes, pinBias: true, pins: PINS });
    const bias = model.variables.at(-1)!;
    expect(bias.shape).toEqual([PINS, 1]);
    tf.tidy(() =>
      bias.assign(
        tf.tensor2d(
          Float32Array.from({ length: PINS }, (_, pin) => pin / 8),
          [PINS, 1],
        ),
      ),
    );
    tf.tidy(() => {
      const z = tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3]);
      const scores = tf.matMul(model.asQueries(z), model.asCandidates(z, Uint32Array.of(8, 16)), false, true);
      expect(scores.arraySync()).toEqual([
        [14 + 1, 32 + 2],
        [32 + 1, 77 + 2],
      ]);
    });
    const plain = new PinSage({ features: columns, ...sizes });
    tf.tidy(() => {
      const z = tf.zeros([2, 3]) as tf.Tensor2D;
      expect(plain.asQueries(z)).toBe(z);
      expect(plain.asCandidates(z, Uint32Array.of(8, 16))).toBe(z);
    });
    for (const made of [model, plain]) made.dispose();
  });
});

describe('gradients', () => {
  for (const [name, options] of Object.entries(variants)) {
    it(`equal finite differences of the plain computation ${name}`, async () => {
      const model = new PinSage({ features: columns, ...sizes, ...options });
      perturb(model);
      const collection = collectionOf(model);
      const weights = weightsOf(model);
      const loss = () => {
        const known = new Map();
        const z = Array.from(roots, (pin) => embed(pin, model.config, weights, collection, known));
        const parts = {
          queries: z.slice(0, 3),
          positives: z.slice(3, 6),
          shared: z.slice(6),
          hard: [],
          masked: new Set<string>(),
        };
        return referenceSoftmax(parts, 0.5, [0]);
      };

      const batch = await batchOf(model, roots);
      const part = (first: number, count: number) => tf.tensor1d(batch.rootRows.slice(first, first + count), 'int32');
      const { value, grads } = tf.variableGrads(() => {
        const z = model.forward(batch);
        return sampledSoftmax(
          gatherRows(z, part(0, 3)),
          { positives: gatherRows(z, part(3, 3)), shared: gatherRows(z, part(6, 2)) },
          { temperature: 0.5 },
        );
      }, model.variables);
      expect(value.dataSync()[0]).toBeCloseTo(loss(), 4);

      for (const [variable, { values }] of Object.entries(weights)) {
        const gradient = grads[variable].dataSync() as Float32Array;
        const largest = gradient.reduce((best, slope) => Math.max(best, Math.abs(slope)), 0);
        // A few entries of each: where the gradient is largest, and others.
        const entries = new Set([gradient.findIndex((slope) => Math.abs(slope) === largest)]);
        for (let i = 0; i < 4; ++i) entries.add(Math.floor(((i + 0.37) / 4) * values.length));
        for (const entry of entries) {
          const kept = values[entry];
          const step = 1e-6;
          values[entry] = kept + step;
          const above = loss();
          values[entry] = kept - step;
          const below = loss();
          values[entry] = kept;
          const slope = (above - below) / (2 * step);
          const difference = Math.abs(gradient[entry] - slope);
          expect(difference, `${variable}[${entry}]: ${gradient[entry]} and ${slope}`).toBeLessThan(
            1e-4 * Math.max(1, largest),
          );
        }
      }
      tf.dispose([value, grads]);
      model.dispose();
    });
  }
});

describe('initial weights', () => {
  it('depend on the seed alone', () => {
    const of = (seed: number) => {
      const model = new PinSage({ features: columns, ...sizes, seed });
      const values = model.variables.map((variable) => [...variable.dataSync()]);
      model.dispose();
      return values;
    };
    expect(of(1)).toEqual(of(1));
    expect(of(1)).not.toEqual(of(2));
  });

  it('give h0 a squared length of about 1', async () => {
    const model = new PinSage({ features: columns, width: 256 });
    const batch = await batchOf(
      model,
      Uint32Array.from({ length: PINS }, (_, pin) => pin),
    );
    const mean = tf.tidy(() => {
      const h0 = model.inputs(batch.features);
      return tf.mean(tf.sum(tf.square(h0), 1)).dataSync()[0];
    });
    expect(mean).toBeGreaterThan(0.5);
    expect(mean).toBeLessThan(1.5);
    model.dispose();
  });

  it('are normally distributed', () => {
    const model = new PinSage({ features: [], pinVector: true, pins: 40_000, degree: false, width: 50 });
    const table = model.variables[0].dataSync() as Float32Array;
    const scaled = Float64Array.from(table, (value) => value * Math.sqrt(50));
    const moment = (power: number) => scaled.reduce((sum, value) => sum + value ** power, 0) / scaled.length;
    expect(moment(1)).toBeCloseTo(0, 2);
    expect(moment(2)).toBeCloseTo(1, 2);
    expect(moment(4)).toBeCloseTo(3, 1);
    model.dispose();
  });
});

describe('options', () => {
  it('are refused with their name', () => {
    const bad: [object, string][] = [
      [{ layers: 9 }, 'layers'],
      [{ hidden: 0 }, 'hidden'],
      [{ output: 1.5 }, 'output'],
      [{ aggregator: 'sum' }, 'aggregator'],
      [{ similarity: 'euclid' }, 'similarity'],
      [{ residual: 'yes' }, 'residual'],
      [{ pinVector: true }, 'pins'],
      [{ boardVector: true }, 'boards'],
      [{ pinBias: true }, 'pins'],
      [{ features: [], degree: false }, 'features'],
      [{ features: undefined }, 'features'],
      [{ features: [{ name: 'x', kind: 'sound', width: 1 }] }, 'features.x.kind'],
    ];
    for (const [options, argument] of bad) {
      expect(() => new PinSage({ features: columns, ...options } as PinSageOptions)).toThrowError(
        expect.objectContaining({ code: 'INVALID_ARGUMENT', argument }),
      );
    }
  });

  it('let two models live at once', () => {
    const [one, two] = [1, 2].map((seed) => new PinSage({ features: columns, ...sizes, seed }));
    expect(one.variables.map(({ name }) => name)).toEqual(two.variables.map(({ name }) => name));
    one.dispose();
    expect(two.variables[0].dataSync().length).toBeGreaterThan(0);
    two.dispose();
  });
});
