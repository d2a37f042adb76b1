import type { Dataset, FeatureColumn } from '@pinsage/graph';
import { type BoardBags, type FeatureSource, type GatheredFeature, type Graph, invalidArgument } from '@pinsage/native';
import * as tf from '@tensorflow/tfjs-core';
import type { ModelConfig } from '../config.js';
import type { Parameters } from '../parameters.js';
import { BoardInputs, type BoardSources } from './board-inputs.js';
import { featureInput, ownRows, vectorInput } from './feature-input.js';
import { FeatureSum, type Input } from './feature-sum.js';

/** What the inputs are made of. */
export interface InputColumns {
  features: FeatureColumn[];
  boardFeatures: FeatureColumn[];
  /** Pins and boards that have learned vectors. */
  pins?: number;
  boards?: number;
}

/** All that a model reads of a pin, and their sum h0 = Σ E_f(x_f) + what its boards are + b. */
export class Inputs {
  readonly #columns: InputColumns;
  readonly #degree: boolean;
  readonly #own: FeatureSum;
  readonly #boards: BoardInputs | undefined;
  readonly #bias: tf.Variable<tf.Rank.R1>;

  constructor(columns: InputColumns, { width, degree }: ModelConfig, parameters: Parameters) {
    const { features, boardFeatures, pins, boards } = columns;
    this.#columns = columns;
    this.#degree = degree;
    const readsBoards = boardFeatures.length > 0 || boards !== undefined;
    const own = features.length + Number(degree) + Number(pins !== undefined);
    if (own === 0) throw invalidArgument('features', [], 'at least one feature, or degree, or pinVector');
    const options = { width, features: own + Number(readsBoards) };
    const inputs = features.map((column) => featureInput(column, column.name, options));
    if (degree) inputs.push(degreeInput);
    if (pins !== undefined) inputs.push(vectorInput(pins, '#pin', options));
    this.#own = new FeatureSum(inputs, options, parameters, '#numbers');
    if (readsBoards) this.#boards = new BoardInputs(boardFeatures, boards, options, parameters);
    this.#bias = parameters.zeros('inputs.b', [width]);
  }

  /** What a batch gathers of its pins, in the order of `encode`. */
  sources(dataset: Dataset, graph: Graph): FeatureSource[] {
    const { features, pins } = this.#columns;
    const sources = features.map((column) => dataset.source(column));
    if (this.#degree) sources.push({ kind: 'dense', values: degreesOf(graph), width: 1 });
    if (pins !== undefined) sources.push(ownRows(pins));
    return sources;
  }

  /** What a batch gathers of its pins' boards; undefined when the model does not read them. */
  boardSources(dataset: Dataset, graph: Graph): BoardSources | undefined {
    return this.#boards?.sources(dataset, graph);
  }

  /** h0 [n, width]. */
  encode(features: GatheredFeature[], boards?: BoardBags): tf.Tensor2D {
    const own = tf.add(this.#own.encode(features), this.#bias) as tf.Tensor2D;
    if (this.#boards === undefined) return own;
    if (boards === undefined)
      throw invalidArgument('boards', boards, 'the bags of graph.boardBags: the model reads boards');
    return tf.add(own, this.#boards.encode(boards));
  }
}

/** log2(1 + number of boards), with a bin for every doubling: the same for every graph, so that it needs no statistics. */
const degreeInput: Input = {
  name: '#degree',
  encoder: { mean: 3, std: 2, quantiles: Array.from({ length: 21 }, (_, power) => power) },
};

const known = new WeakMap<Graph, Float32Array>();

/** Of all pins. They are remembered: pins that come one by one are embedded over the same graph thousands of times. */
function degreesOf(graph: Graph): Float32Array {
  const degrees = known.get(graph) ?? logDegrees(graph.pinDegrees());
  known.set(graph, degrees);
  return degrees;
}

export function logDegrees(degrees: ArrayLike<number>): Float32Array {
  return Float32Array.from(degrees, (degree) => Math.log2(1 + degree));
}
