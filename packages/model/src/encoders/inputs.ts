import type { Dataset, FeatureColumn, NumberStatistics } from '@pinsage/graph';
import { type FeatureSource, type GatheredFeature, type Graph, invalidArgument } from '@pinsage/native';
import * as tf from '@tensorflow/tfjs-core';
import type { ModelConfig } from '../config.js';
import type { Parameters } from '../parameters.js';
import { BagEncoder } from './bag.js';
import { DenseEncoder } from './dense.js';
import type { Encoder } from './encoder.js';
import { NumbersEncoder } from './numbers.js';

/** A feature of the dataset, or what the model reads off the graph itself. */
interface Input {
  name: string;
  source(dataset: Dataset, graph: Graph): FeatureSource;
  /** Numbers are encoded together, all others by themselves. */
  encoder: NumberStatistics | ((parameters: Parameters) => Encoder);
}

/** All that a model reads of a pin, and their sum h0 = Σ E_f(x_f) + b. */
export class Inputs {
  readonly #inputs: Input[];
  /** Encoders, and the inputs of each. */
  readonly #terms: [Encoder, number[]][] = [];
  readonly #bias: tf.Variable<tf.Rank.R1>;

  constructor(columns: FeatureColumn[], config: ModelConfig, pins: number | undefined, parameters: Parameters) {
    const options = {
      width: config.width,
      features: columns.length + Number(config.degree) + Number(pins !== undefined),
    };
    if (options.features === 0) throw invalidArgument('features', [], 'at least one feature, or degree, or pinVector');
    this.#inputs = columns.map((column) => featureInput(column, options));
    if (config.degree) this.#inputs.push(degreeInput);
    if (pins !== undefined) this.#inputs.push(pinInput(pins, options));

    const numbers: number[] = [];
    this.#inputs.forEach(({ encoder }, i) => {
      if (typeof encoder === 'function') this.#terms.push([encoder(parameters), [i]]);
      else numbers.push(i);
    });
    if (numbers.length > 0) {
      const statistics = numbers.map((i) => this.#inputs[i].encoder as NumberStatistics);
      this.#terms.push([new NumbersEncoder(statistics, options, parameters), numbers]);
    }
    this.#bias = parameters.zeros('inputs.b', [config.width]);
  }

  /** What a batch gathers, in the order of `encode`. */
  sources(dataset: Dataset, graph: Graph): FeatureSource[] {
    return this.#inputs.map((input) => input.source(dataset, graph));
  }

  /** h0 [n, width]. */
  encode(features: GatheredFeature[]): tf.Tensor2D {
    if (features.length !== this.#inputs.length) {
      const names = this.#inputs.map(({ name }) => name).join(', ');
      throw invalidArgument('features', features, `${this.#inputs.length} gathered features: ${names}`);
    }
    const terms = this.#terms.map(([encoder, inputs]) => encoder.encode(inputs.map((i) => features[i])));
    return tf.add(tf.addN(terms), this.#bias) as tf.Tensor2D;
  }
}

type Options = { width: number; features: number };

function featureInput(column: FeatureColumn, options: Options): Input {
  return { name: column.name, source: (dataset) => dataset.source(column), encoder: featureEncoder(column, options) };
}

function featureEncoder({ name, kind, width, buckets, statistics }: FeatureColumn, options: Options): Input['encoder'] {
  switch (kind) {
    case 'text':
    case 'categories':
      if (buckets === undefined) throw invalidArgument(`features.${name}.buckets`, buckets, 'a number of buckets');
      return (parameters) => new BagEncoder(name, buckets, options, parameters);
    case 'dense':
      return (parameters) => new DenseEncoder(name, width, options, parameters);
    case 'number':
      if (statistics === undefined) {
        throw invalidArgument(`features.${name}.statistics`, statistics, 'mean, std and quantiles');
      }
      return statistics;
    default:
      throw invalidArgument(`features.${name}.kind`, kind, "'text' | 'categories' | 'number' | 'dense'");
  }
}

/** log2(1 + number of boards), with a bin for every doubling: the same for every graph, so that it needs no statistics. */
const degreeInput: Input = {
  name: '#degree',
  source: (_, graph) => ({ kind: 'dense', values: logDegrees(graph.pinDegrees()), width: 1 }),
  encoder: { mean: 3, std: 2, quantiles: Array.from({ length: 21 }, (_, power) => power) },
};

export function logDegrees(degrees: ArrayLike<number>): Float32Array {
  return Float32Array.from(degrees, (degree) => Math.log2(1 + degree));
}

/** A learned vector of each pin: a bag that holds the pin's own row. */
function pinInput(pins: number, options: Options): Input {
  return {
    name: '#pin',
    source: () => ({
      kind: 'bag',
      offsets: BigUint64Array.from({ length: pins + 1 }, (_, pin) => BigInt(pin)),
      rows: Uint32Array.from({ length: pins }, (_, pin) => pin),
      weights: new Float32Array(pins).fill(1),
    }),
    encoder: (parameters) => new BagEncoder('#pin', pins, options, parameters),
  };
}
