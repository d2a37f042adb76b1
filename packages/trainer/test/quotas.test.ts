import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Dataset, importDataset, Split } from '@pinsage/graph';
import { embedNewPins, embedPins } from '@pinsage/inference';
import { PinSage, RunDirectory } from '@pinsage/model';
import type { Graph } from '@pinsage/native';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Trainer } from '../src/trainer.js';

const PINS = 200;
const GROUPS = 5;

let directory: string;
let dataset: Dataset;
let split: Split;

/** Boards of the type topic have pins of one group, pin % GROUPS; boards of the type mixed have any pins. */
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pinsage-quotas-'));
  const boards = `SELECT b.range AS b, i.range AS i, hash(b.range, i.range) AS h FROM range(60) b, range(12) i`;
  await importDataset({
    edges: `SELECT CASE WHEN b < 40 THEN h % ${PINS / GROUPS} * ${GROUPS} + b % ${GROUPS} ELSE h % ${PINS} END AS pin,
      b AS board, CASE WHEN b < 40 THEN 'topic' ELSE 'mixed' END AS kind FROM (${boards}) ORDER BY b, i`,
    pin: 'pin',
    board: 'board',
    boardType: 'kind',
    pins: `SELECT range AS pin, 'g' || range % ${GROUPS} || ' w' || range % 7 AS title FROM range(${PINS})`,
    features: [{ name: 'title', kind: 'text', buckets: 64 }],
    out: join(directory, 'data'),
  });
  dataset = await Dataset.open(join(directory, 'data'));
  split = await Split.create(dataset, 'test', { validation: 0.1, test: 0.1 });
});

afterAll(async () => {
  await split.close();
  await dataset.close();
  await rm(directory, { recursive: true });
});

const modelOf = () => new PinSage({ features: dataset.features, width: 8, output: 6, layers: 2, degree: false });
const options = (quotas: Record<string, number> | null) => ({
  steps: 3,
  batch: 32,
  negatives: { shared: 10 },
  neighborhoods: { walks: 20, neighbors: 4, quotas },
});

/** How many neighbours are of another group than their pin. */
async function strangers(graph: Graph, quotas: number[]): Promise<number> {
  const seeds = Uint32Array.from({ length: PINS }, (_, pin) => pin);
  const { ids, neighbors } = await graph.neighborhoods(seeds, { quotas, walks: 20 });
  return ids.filter((id, i) => id % GROUPS !== Math.floor(i / neighbors) % GROUPS).length;
}

/** The embeddings of all pins by the batch-wise pass. */
async function forward(model: PinSage, graph: Graph, quotas: number[]): Promise<Float32Array> {
  const batch = await graph.batch(
    Uint32Array.from({ length: PINS }, (_, pin) => pin),
    {
      walks: 20,
      hops: 3,
      stop: 0.5,
      seed: 0n,
      quotas,
      layers: 2,
      features: model.sources(dataset, graph),
    },
  );
  return tf.tidy(() => model.forward(batch).dataSync() as Float32Array);
}

const distance = (a: Float32Array, b: Float32Array) =>
  a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);

describe('quotas', () => {
  it('choose the boards that walks go over', async () => {
    expect(dataset.boardTypes).toEqual(['topic', 'mixed']);
    expect(await strangers(split.train, [4])).toBe(0);
    expect(await strangers(split.train, [2, 2])).toBeGreaterThan(100);
  });

  it('reach training, the model’s file and both ways of embedding alike', async () => {
    const quotas = { topic: 3, mixed: 2 };
    const run = await RunDirectory.create(join(directory, 'run'), {
      dataset: dataset.directory,
      split: 'test',
      model: {},
      trainer: {},
    });
    const trained = modelOf();
    const trainer = new Trainer(trained, { dataset, graph: split.train }, { ...options(quotas), run });
    await trainer.train();
    const model = await PinSage.load(run.modelPath);
    expect(model.neighborhoods).toMatchObject({ quotas, walks: 20 });

    const { vectors } = await embedPins(model, dataset, split.train);
    expect(distance(vectors, await forward(model, split.train, [3, 2]))).toBeLessThan(1e-5);
    expect(distance(vectors, await forward(model, split.train, [2, 3]))).toBeGreaterThan(1e-3);

    // Training itself saw them: with others its weights become others.
    const other = modelOf();
    await new Trainer(other, { dataset, graph: split.train }, options({ topic: 3 })).train();
    const weights = (of: PinSage) => of.variables[0].dataSync() as Float32Array;
    expect(distance(weights(trained), weights(other))).toBeGreaterThan(1e-4);
    for (const each of [trained, model, other]) each.dispose();
  });

  it('hold for new pins: boards of a type without a quota are none', async () => {
    const model = modelOf();
    model.neighborhoods = { walks: 20, quotas: { topic: 4 } };
    const [topic, mixed] = await dataset.boardRows([3, 50]);
    const features = { title: 'g3 w1' };
    // One a call, as the random numbers of a new pin are those of its place among the new pins.
    const rows = await Promise.all(
      [[topic], [topic, mixed], [mixed], []].map((boards) =>
        embedNewPins(model, dataset, split.train, [{ features, boards }]),
      ),
    );
    expect(rows[1]).toEqual(rows[0]);
    expect(rows[2]).toEqual(rows[3]);
    expect(distance(rows[0], rows[2])).toBeGreaterThan(1e-3);
    model.dispose();
  });

  it('are of types that the dataset has', async () => {
    const model = modelOf();
    const train = (data: Dataset, graph: Graph) => new Trainer(model, { dataset: data, graph }, options({ topics: 3 }));
    expect(() => train(dataset, split.train)).toThrow(/quotas is 'topics'; allowed: topic, mixed/);
    model.neighborhoods = { quotas: { album: 1 } };
    await expect(embedPins(model, dataset, split.train)).rejects.toMatchObject({ argument: 'quotas' });
    await expect(embedNewPins(model, dataset, split.train, [{ features: {} }])).rejects.toMatchObject({
      argument: 'quotas',
    });
    const out = join(directory, 'untyped');
    await importDataset({ edges: 'SELECT range AS pin, 0 AS board FROM range(5)', pin: 'pin', board: 'board', out });
    const untyped = await Dataset.open(out);
    const graph = await untyped.graph();
    expect(() => train(untyped, graph)).toThrow(/quotas is 'topics'; allowed: none.*no types/);
    await untyped.close();
    model.dispose();
  });
});
