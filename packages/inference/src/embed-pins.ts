import type { Dataset } from '@pinsage/graph';
import { type NeighborhoodSettings, neighborhoodOptions, type PinSage } from '@pinsage/model';
import {
  type BoardBags,
  checkInteger,
  type GatheredFeature,
  type Graph,
  gatherFeatures,
  invalidArgument,
  type TaskOptions,
  usableMemory,
} from '@pinsage/native';
import * as tf from '@tensorflow/tfjs-core';
import { type Block, loadAhead, pinsOf } from './ahead.js';
import type { Embeddings } from './embeddings.js';
import { type EmbeddingsWriter, fileWriter, memoryWriter } from './embeddings-writer.js';
import { pooledBlocks } from './pooled.js';
import { Scratch } from './scratch.js';

export interface EmbedPinsOptions extends TaskOptions {
  /** How N(u) is sampled. Default: as in the model's training, or as `graph.neighborhoods` does for a model that has had none. */
  neighborhoods?: NeighborhoodSettings;
  /** Pins that are computed at once: memory and the time for which the event loop stands still grow with it. Default 4096. */
  block?: number;
  /**
   * Bytes of memory for neighbourhoods and pooled neighbours, 1 to 2^53 - 1. Default: 64 MiB; a quarter of the machine's memory (or its control
   * group's) where a layer's rows, pins · hidden · 4 bytes, are more than half of it: they are read from the disk, once for as
   * many pins as fit.
   */
  memory?: number;
  /** A run directory that `embeddings.safetensors` and `embeddings.parquet` are written to. Default: they stay in memory. */
  out?: string;
}

/**
 * Embeds every pin of the graph, layer by layer: each layer is computed once for each pin, from the layer before, which lies in
 * memory, or in files where it is more than a quarter of that. The batch-wise pass would compute a pin once for every neighbour that it
 * is to (the paper's MapReduce inference, §3.4, on one machine). Memory is bounded (without `out`, by the result). Progress is in pins times layers.
 *
 * @throws PinSageError NOT_FINITE when the model's weights are not; ABORTED; IO.
 */
export async function embedPins(
  model: PinSage,
  dataset: Dataset,
  graph: Graph,
  options: EmbedPinsOptions = {},
): Promise<Embeddings> {
  checkInteger('block', options.block ?? 1, 1, 2 ** 20);
  checkInteger('memory', options.memory ?? 1, 1, 2 ** 53 - 1);
  if (dataset.pins !== graph.pins)
    throw invalidArgument('graph', graph, `a graph of the dataset's ${dataset.pins} pins`);
  model.checkFinite();
  const { output } = model.config;
  const writer =
    options.out === undefined ? memoryWriter(graph.pins, output) : await fileWriter(options.out, dataset, output);
  try {
    const scratch = await Scratch.create(options.out);
    try {
      await new LayerwisePass(model, dataset, graph, options, scratch, writer).run();
    } finally {
      await scratch.close();
    }
    return await writer.finish();
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

class LayerwisePass {
  readonly #model: PinSage;
  readonly #dataset: Dataset;
  readonly #graph: Graph;
  readonly #options: EmbedPinsOptions;
  readonly #scratch: Scratch;
  readonly #embeddings: Float32Array;
  readonly #block: number;
  #done = 0;

  constructor(
    model: PinSage,
    dataset: Dataset,
    graph: Graph,
    options: EmbedPinsOptions,
    scratch: Scratch,
    writer: EmbeddingsWriter,
  ) {
    this.#model = model;
    this.#dataset = dataset;
    this.#graph = graph;
    this.#options = options;
    this.#scratch = scratch;
    this.#embeddings = writer.vectors;
    this.#block = options.block ?? 4096;
  }

  async run(): Promise<void> {
    const { layers, width, hidden } = this.#model.config;
    const { pins } = this.#graph;
    const h0 = this.#scratch.floats(pins * width);
    // h is replaced block by block: only its own block reads it. Neighbours are read from the transformed rows, which therefore
    // need a second array while the next layer's are made.
    const h = layers > 1 ? this.#scratch.floats(pins * width) : h0;
    let transformed = this.#scratch.floats(layers > 0 ? pins * hidden : 0);
    let next = this.#scratch.floats(layers > 1 ? pins * hidden : 0);
    await this.#scratch.unlink();

    await this.#inputs(h0, transformed);
    for (let layer = 0; layer < layers; ++layer) {
      await this.#convolve(layer, layer === 0 ? h0 : h, h0, transformed, h, next);
      [transformed, next] = [next, transformed];
    }
  }

  /** h0 of all pins, and what their neighbours see of it. */
  async #inputs(h0: Float32Array, transformed: Float32Array): Promise<void> {
    const { layers } = this.#model.config;
    const sources = this.#model.sources(this.#dataset, this.#graph);
    const boardSources = this.#model.boardSources(this.#dataset, this.#graph);
    const load = (block: Block): Promise<[GatheredFeature[], BoardBags | undefined]> =>
      Promise.all([
        gatherFeatures(sources, pinsOf(block), this.#task()),
        boardSources && this.#graph.boardBags(pinsOf(block), { ...boardSources, ...this.#task() }),
      ]);
    for await (const [block, [features, boards]] of this.#counted(loadAhead(this.#graph.pins, this.#block, load))) {
      tf.tidy(() => {
        const inputs = this.#model.inputs(features, boards);
        store(h0, block, inputs);
        if (layers > 0) store(transformed, block, this.#model.transform(0, inputs));
        else this.#finish(block, inputs, h0);
      });
      await this.#written(block, h0, transformed);
    }
  }

  /** One layer for all pins: from h and the transformed rows of all pins to hNext and the next layer's, or to the embeddings. */
  async #convolve(
    layer: number,
    h: Float32Array,
    h0: Float32Array,
    transformed: Float32Array,
    hNext: Float32Array,
    transformedNext: Float32Array,
  ): Promise<void> {
    const { layers, width } = this.#model.config;
    const { neighborhoods = this.#model.neighborhoods, memory = defaultMemory(transformed) } = this.#options;
    const sampling = { ...neighborhoodOptions(this.#dataset, neighborhoods), ...this.#task() };
    const from = { model: this.#model, graph: this.#graph, sampling, rows: transformed, block: this.#block, memory };
    for await (const [block, pooled] of this.#counted(pooledBlocks(from))) {
      tf.tidy(() => {
        const combined = this.#model.combine(layer, view(h, block, width), pooled());
        if (layer + 1 === layers) {
          this.#finish(block, combined, h0);
        } else {
          store(hNext, block, combined);
          store(transformedNext, block, this.#model.transform(layer + 1, combined));
        }
      });
      if (layer + 1 < layers) await this.#written(block, hNext, transformedNext);
    }
  }

  #finish(block: Block, h: tf.Tensor2D, h0: Float32Array): void {
    const z = this.#model.project(h, view(h0, block, this.#model.config.width));
    store(this.#embeddings, block, z);
  }

  async #written(block: Block, h: Float32Array, transformed: Float32Array): Promise<void> {
    const { width, hidden, layers } = this.#model.config;
    await this.#scratch.written(h, block.begin * width, block.end * width);
    if (layers > 0) await this.#scratch.written(transformed, block.begin * hidden, block.end * hidden);
  }

  /** Between two blocks the event loop runs. */
  async *#counted<T>(blocks: AsyncIterable<[Block, T]>): AsyncGenerator<[Block, T]> {
    const total = this.#graph.pins * (this.#model.config.layers + 1);
    for await (const [block, loaded] of blocks) {
      yield [block, loaded];
      this.#done += block.end - block.begin;
      this.#options.onProgress?.(this.#done, total);
    }
  }

  /** What the native calls of a block take: their progress is not the caller's. */
  #task(): TaskOptions {
    const { signal, threads } = this.#options;
    return { signal, threads };
  }
}

function defaultMemory(rows: Float32Array): number {
  return rows.byteLength > usableMemory / 2 ? usableMemory / 4 : 2 ** 26;
}

function store(rows: Float32Array, { begin, end }: Block, values: tf.Tensor2D): void {
  rows.set(values.dataSync() as Float32Array, begin * (values.size / (end - begin)));
}

function view(rows: Float32Array, { begin, end }: Block, width: number): tf.Tensor2D {
  return tf.tensor2d(rows.subarray(begin * width, end * width), [end - begin, width]);
}
