import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { PinSage, type PinSageOptions } from '@pinsage/model';
import { Graph } from '@pinsage/native';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Embeddings, embedPins } from '../src/index.js';
import { BOARDS, type Collection, expectClose, makeCollection, PINS } from './collection.js';

const neighborhoods = { walks: 30, hops: 2, neighbors: 8, seed: 5n, stream: 3 };
const sizes = { width: 12, hidden: 16, output: 10 };

let collection: Collection;
let graph: Graph;
beforeAll(async () => {
  collection = await makeCollection();
  graph = await collection.dataset.graph();
});
afterAll(() => collection.close());

function modelOf(options: Partial<PinSageOptions> = {}): PinSage {
  return new PinSage({ features: collection.dataset.features, ...sizes, ...options });
}

/** All pins in one batch. */
async function batchwise(model: PinSage): Promise<Float32Array> {
  const all = Uint32Array.from({ length: PINS }, (_, pin) => pin);
  const features = model.sources(collection.dataset, graph);
  const batch = await graph.batch(all, { ...neighborhoods, layers: Math.max(1, model.config.layers), features });
  const sources = model.boardSources(collection.dataset, graph);
  const boards = sources && (await graph.boardBags(batch.pins, sources));
  return tf.tidy(() => Float32Array.from(model.forward({ ...batch, boards }).dataSync()));
}

describe('embedPins', () => {
  const variants: Partial<PinSageOptions>[] = [
    {},
    { layers: 0 },
    { layers: 1, aggregator: 'mean' },
    { layers: 3, aggregator: 'max' },
    { residual: false, similarity: 'dot' },
    { pinVector: true, pins: PINS },
    { boardVector: true, boards: BOARDS },
  ];
  for (const options of variants) {
    it(`equals the batch-wise pass with ${JSON.stringify(options)}`, async () => {
      const model = modelOf(options);
      const expected = await batchwise(model);
      // With that memory, all rows are read for 44 pins at a time.
      for (const how of [{ block: 64 }, { block: 299 }, {}, { block: 16, memory: 10_000 }]) {
        const embeddings = await embedPins(model, collection.dataset, graph, { neighborhoods, ...how });
        expect(embeddings.pins).toBe(PINS);
        expect(embeddings.width).toBe(10);
        expectClose(embeddings.vectors, expected);
      }
      model.dispose();
    });
  }

  it('gives the same bits again, and leaves no tensors', async () => {
    const model = modelOf();
    const before = tf.memory().numTensors;
    const run = async () => (await embedPins(model, collection.dataset, graph, { neighborhoods, block: 100 })).vectors;
    expect(await run()).toEqual(await run());
    expect(tf.memory().numTensors).toBe(before);
    model.dispose();
  });

  it('writes safetensors and Parquet', async () => {
    const model = modelOf();
    const out = join(collection.directory, 'run');
    await mkdir(out);
    const memory = await embedPins(model, collection.dataset, graph, { neighborhoods });
    const written = await embedPins(model, collection.dataset, graph, { neighborhoods, out });
    expect(await readdir(out)).toEqual(['embeddings.parquet', 'embeddings.safetensors']);
    expect(written.vectors).toEqual(memory.vectors);
    expect(written.of(7)).toEqual(memory.vectors.slice(70, 80));
    written.close();
    expect(() => written.vectors).toThrowError(expect.objectContaining({ code: 'CLOSED' }));

    const opened = await Embeddings.open(out);
    expect(opened.vectors).toEqual(memory.vectors);
    opened.close();

    const connection = await (await DuckDBInstance.create(':memory:')).connect();
    const reader = await connection.runAndReadAll(`SELECT id, embedding FROM '${join(out, 'embeddings.parquet')}'`);
    const rows = reader.getRowObjectsJS() as { id: string; embedding: number[] }[];
    expect(rows.map(({ id }) => id)).toEqual(collection.pins.map(({ id }) => id));
    expect(rows.flatMap(({ embedding }) => embedding)).toEqual([...memory.vectors]);
    connection.closeSync();
    model.dispose();
  });

  it('reports progress, lets the event loop run, and stops when aborted', async () => {
    const model = modelOf();
    const reports: [number, number][] = [];
    let turns = 0;
    const turn = () => {
      turns++;
      next = setImmediate(turn);
    };
    let next = setImmediate(turn);
    const onProgress = (done: number, total: number) => reports.push([done, total]);
    await embedPins(model, collection.dataset, graph, { neighborhoods, block: 10, onProgress });
    clearImmediate(next);
    expect(reports.length).toBe(90);
    expect(reports.at(-1)).toEqual([900, 900]);
    expect(turns).toBeGreaterThanOrEqual(90);

    const out = join(collection.directory, 'aborted');
    await mkdir(out);
    for (const memory of [undefined, 1]) {
      const controller = new AbortController();
      const aborted = embedPins(model, collection.dataset, graph, {
        neighborhoods,
        block: 10,
        memory,
        out,
        signal: controller.signal,
        onProgress: (done) => done > 400 && controller.abort(),
      });
      await expect(aborted).rejects.toMatchObject({ code: 'ABORTED' });
      expect(await readdir(out)).toEqual([]);
    }
    model.dispose();
  });

  it('samples as in the training, unless told otherwise', async () => {
    const model = modelOf();
    const embed = async (options = {}) => [...(await embedPins(model, collection.dataset, graph, options)).vectors];
    const asked = await embed({ neighborhoods });
    const unasked = await embed();
    expect(unasked).not.toEqual(asked);
    model.neighborhoods = neighborhoods;
    expect(await embed()).toEqual(asked);
    expect(await embed({ neighborhoods: {} })).toEqual(unasked);
    model.dispose();
  });

  it('refuses a model that diverged, and a graph of other pins', async () => {
    const model = modelOf();
    const bias = model.variables.find(({ name }) => name === 'project.g')!;
    bias.assign(tf.fill(bias.shape, Number.POSITIVE_INFINITY));
    await expect(embedPins(model, collection.dataset, graph, { neighborhoods })).rejects.toMatchObject({
      code: 'NOT_FINITE',
    });
    const other = await Graph.fromEdges({ pins: Uint32Array.of(0), boards: Uint32Array.of(0) }, { pins: 1, boards: 1 });
    await expect(embedPins(model, collection.dataset, other)).rejects.toMatchObject({ argument: 'graph' });
    await expect(embedPins(model, collection.dataset, graph, { block: 0 })).rejects.toMatchObject({
      argument: 'block',
    });
    await other.close();
    model.dispose();
  });
});
