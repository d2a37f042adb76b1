import type { Dataset, FeatureColumn } from '@pinsage/graph';
import {
  type Batch,
  type BoardBags,
  checkInteger,
  type FeatureSource,
  type GatheredFeature,
  type Graph,
  invalidArgument,
  PinSageError,
  type Safetensors,
} from '@pinsage/native';
import { gatherRows, l2Normalize, linear } from '@pinsage/tensor';
import * as tf from '@tensorflow/tfjs-core';
import { type ModelConfig, modelConfig, type PinSageOptions } from './config.js';
import { type ConvolveWeights, combine, convolve, type Pooling, transform } from './convolve.js';
import type { BoardSources } from './encoders/board-inputs.js';
import { Inputs } from './encoders/inputs.js';
import { openModel, saveModel } from './file.js';
import type { NeighborhoodSettings } from './neighborhoods.js';
import { Parameters } from './parameters.js';

/** A batch, and the boards of its pins when the model reads them. */
export type ModelBatch = Batch & { boards?: BoardBags };

/**
 * The model: content features to h0, K convolutions over importance neighbourhoods, a projection to the embedding (Ying et al.,
 * Graph Convolutional Neural Networks for Web-Scale Recommender Systems, KDD 2018, Algorithm 1 and 2).
 *
 *     h0 = sum over features f of E_f(x_f) + b
 *     h  = convolve(... convolve(h0) ...)
 *     z  = G2 relu(G1 h + g) + R h0          (R: option `residual`), of length 1 when `similarity` is 'cosine'
 *
 * Methods that return tensors leave their disposal to the caller (`tf.tidy`).
 */
export class PinSage {
  readonly config: ModelConfig;
  readonly features: FeatureColumn[];
  readonly boardFeatures: FeatureColumn[];
  /** Pins that `pinVector` and `pinBias` were made for; undefined without them. */
  readonly pins: number | undefined;
  /** Boards that `boardVector` was made for; undefined without it. */
  readonly boards: number | undefined;
  /** In a fixed order, with stable names such as `layers.0.Q`. */
  readonly variables: tf.Variable[];
  /**
   * How N(u) was sampled in training: the trainer sets it, `save` keeps it, and `embedPins` and `embedNewPins` sample alike. Default:
   * undefined, which leaves it to them.
   */
  neighborhoods: NeighborhoodSettings | undefined;
  /** What the file of a loaded model says beside the model itself. */
  readonly metadata: Record<string, string> = {};
  readonly #inputs: Inputs;
  readonly #layers: ConvolveWeights[];
  readonly #G1: tf.Variable<tf.Rank.R2>;
  readonly #g: tf.Variable<tf.Rank.R1>;
  readonly #G2: tf.Variable<tf.Rank.R2>;
  readonly #R: tf.Variable<tf.Rank.R2> | undefined;
  readonly #bias: tf.Variable<tf.Rank.R2> | undefined;

  /** `file`: take the weights from there (see `load`) instead of drawing them. */
  constructor(options: PinSageOptions, file?: Safetensors) {
    const config = modelConfig(options);
    const { width, hidden, output } = config;
    this.config = config;
    if (!Array.isArray(options.features))
      throw invalidArgument('features', options.features, 'the columns of a dataset');
    this.features = options.features;
    this.boardFeatures = options.boardFeatures ?? [];
    this.neighborhoods = options.neighborhoods;
    const perPin = config.pinVector || config.pinBias;
    this.pins = perPin ? checkInteger('pins', options.pins, 1, 2 ** 32 - 1) : undefined;
    this.boards = config.boardVector ? checkInteger('boards', options.boards, 1, 2 ** 32 - 1) : undefined;

    const parameters = new Parameters(config.seed, file);
    this.#inputs = new Inputs(
      {
        features: this.features,
        boardFeatures: this.boardFeatures,
        pins: config.pinVector ? this.pins : undefined,
        boards: this.boards,
      },
      config,
      parameters,
    );
    // He et al. (2015) before a relu, where half of the variance is lost; Glorot and Bengio (2010) before none.
    const he = (inputs: number) => Math.sqrt(2 / inputs);
    const glorot = (inputs: number, outputs: number) => Math.sqrt(2 / (inputs + outputs));
    this.#layers = Array.from({ length: config.layers }, (_, k) => ({
      Q: parameters.normal(`layers.${k}.Q`, [width, hidden], he(width)),
      q: parameters.zeros(`layers.${k}.q`, [hidden]),
      W: parameters.normal(`layers.${k}.W`, [width + hidden, width], he(width + hidden)),
      w: parameters.zeros(`layers.${k}.w`, [width]),
    }));
    this.#G1 = parameters.normal('project.G1', [width, width], he(width));
    this.#g = parameters.zeros('project.g', [width]);
    this.#G2 = parameters.normal('project.G2', [width, output], glorot(width, output));
    if (config.residual) this.#R = parameters.normal('project.R', [width, output], glorot(width, output));
    if (config.pinBias) this.#bias = parameters.zeros('pinBias', [this.pins!, 1]);
    this.variables = parameters.variables;
  }

  /** What a batch has to gather for `inputs`, in its order. */
  sources(dataset: Dataset, graph: Graph): FeatureSource[] {
    return this.#inputs.sources(dataset, graph);
  }

  /** What `graph.boardBags` has to be asked for, beside that; undefined for a model that does not read boards. */
  boardSources(dataset: Dataset, graph: Graph): BoardSources | undefined {
    return this.#inputs.boardSources(dataset, graph);
  }

  /** h0 [n, width] of n gathered pins. @param boards the bags of these pins, for a model that reads boards */
  inputs(features: GatheredFeature[], boards?: BoardBags): tf.Tensor2D {
    return tf.tidy(() => this.#inputs.encode(features, boards));
  }

  /** Rows h [n, width] of layer `layer` (from 0) as neighbours see them: [n, hidden]. */
  transform(layer: number, h: tf.Tensor2D): tf.Tensor2D {
    return tf.tidy(() => transform(h, this.#layers[layer]));
  }

  /** A pin's own row [n, width] and its pooled neighbours [n, hidden] to its next representation [n, width]. */
  combine(layer: number, self: tf.Tensor2D, pooled: tf.Tensor2D): tf.Tensor2D {
    return tf.tidy(() => combine(self, pooled, this.#layers[layer]));
  }

  /** The embedding [n, output] from the last layer's h [n, width] and from h0 [n, width]. */
  project(h: tf.Tensor2D, h0: tf.Tensor2D): tf.Tensor2D {
    return tf.tidy(() => {
      const projected = linear(linear(h, this.#G1, this.#g, 'relu'), this.#G2);
      const z = this.#R === undefined ? projected : tf.add(projected, linear(h0, this.#R));
      return this.config.similarity === 'cosine' ? l2Normalize(z as tf.Tensor2D) : (z as tf.Tensor2D);
    });
  }

  /** Embeddings [n, output] as what training asks with: with `pinBias`, one column of ones more. */
  asQueries(z: tf.Tensor2D): tf.Tensor2D {
    return this.#bias === undefined ? z : tf.tidy(() => tf.concat([z, tf.ones([z.shape[0], 1])], 1) as tf.Tensor2D);
  }

  /** Embeddings [n, output] of pins [n] as what training scores: with `pinBias`, one column with the pins' biases more. */
  asCandidates(z: tf.Tensor2D, pins: Uint32Array): tf.Tensor2D {
    const bias = this.#bias;
    if (bias === undefined) return z;
    return tf.tidy(() => {
      const own = gatherRows(bias, tf.tensor1d(Int32Array.from(pins), 'int32'));
      return tf.concat([z, own], 1) as tf.Tensor2D;
    });
  }

  /**
   * Embeddings [n, output] of a batch's n unique roots; `gatherRows(z, batch.rootRows)` for all roots. The batch has one layer for
   * each of the model's (a model without layers takes a batch of one, and looks at its roots alone).
   */
  forward(batch: ModelBatch): tf.Tensor2D {
    return tf.tidy(() => {
      const h0 = this.inputs(batch.features, batch.boards);
      let h = h0;
      for (const [k, layer] of this.#layers.entries()) {
        const rows = batch.sizes[k + 1];
        h = convolve(top(h, rows), h, pooling(batch, rows), layer, this.config.aggregator);
      }
      const roots = batch.sizes[batch.sizes.length - 1];
      return this.project(top(h, roots), top(h0, roots));
    });
  }

  /**
   * Embeddings of a model that diverged would not be numbers, or normalisation would turn them into something that looks like embeddings.
   * @throws PinSageError NOT_FINITE
   */
  checkFinite(): void {
    for (const variable of this.variables) {
      if (!Number.isFinite(tf.tidy(() => tf.sum(variable).dataSync()[0]))) {
        throw new PinSageError(
          'NOT_FINITE',
          `The model's '${variable.name}' holds numbers that are not finite: its training diverged.`,
        );
      }
    }
  }

  /**
   * Writes weights, config and all that turns raw features into inputs (word weights, quantiles) to one safetensors file.
   * `metadata` is kept beside them.
   */
  async save(path: string, metadata: Record<string, string> = {}): Promise<void> {
    const { config, features, boardFeatures, pins, boards, neighborhoods } = this;
    const options = { ...config, features, boardFeatures, pins, boards, neighborhoods };
    await saveModel(path, this.variables, options, metadata);
  }

  /** @throws PinSageError FILE_NOT_FOUND, FILE_CORRUPT, or FILE_VERSION for a file of a newer version. */
  static async load(path: string): Promise<PinSage> {
    const { file, options, metadata } = await openModel(path);
    try {
      const model = new PinSage(options, file);
      Object.assign(model.metadata, metadata);
      return model;
    } finally {
      file.close();
    }
  }

  dispose(): void {
    for (const variable of this.variables) variable.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** N(u) of the batch's first `rows` rows. */
function pooling(batch: Batch, rows: number): Pooling {
  const { width } = batch;
  return {
    neighbors: tf.tensor2d(batch.neighbors.subarray(0, rows * width), [rows, width], 'int32'),
    weights: tf.tensor2d(batch.weights.subarray(0, rows * width), [rows, width]),
  };
}

function top(h: tf.Tensor2D, rows: number): tf.Tensor2D {
  return h.shape[0] === rows ? h : tf.slice(h, [0, 0], [rows, -1]);
}
