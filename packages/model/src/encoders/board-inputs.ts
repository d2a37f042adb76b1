import type { Dataset, FeatureColumn } from '@pinsage/graph';
import { type BoardBags, type FeatureSource, type Graph, invalidArgument } from '@pinsage/native';
import { embeddingBag } from '@pinsage/tensor';
import type * as tf from '@tensorflow/tfjs-core';
import type { Parameters } from '../parameters.js';
import type { EncoderOptions } from './encoder.js';
import { featureInput, ownRows, vectorInput } from './feature-input.js';
import { FeatureSum } from './feature-sum.js';

/** What `graph.boardBags` takes of a model. */
export interface BoardSources {
  /** [boards] Of a board of s among P pins: ln(1 + P / (1 + s)), its inverse document frequency. */
  weights: Float32Array;
  features: FeatureSource[];
}

/**
 * What a pin's boards are: the sum of their vectors, of which a rare board's weighs more, and all weights' squares sum to 1:
 *
 *     Σ_b w_ub (Σ_f E_f(x_f of b) + e_b) ,  b on which u is
 *
 * e_b is a learned vector of the board itself. A pair's own board is held out of it, as it is of the walks.
 */
export class BoardInputs {
  readonly #columns: FeatureColumn[];
  readonly #boards: number | undefined;
  readonly #sum: FeatureSum;
  /** Remembered: pins that come one by one are embedded over the same graph thousands of times. */
  readonly #weights = new WeakMap<Graph, Float32Array>();

  /** @param boards of the graph, for learned vectors; undefined: none */
  constructor(columns: FeatureColumn[], boards: number | undefined, options: EncoderOptions, parameters: Parameters) {
    this.#columns = columns;
    this.#boards = boards;
    // All of a pin's boards together start as large as one of its features.
    const shared = { ...options, features: options.features * (columns.length + Number(boards !== undefined)) };
    const inputs = columns.map((column) => featureInput(column, `#board.${column.name}`, shared));
    if (boards !== undefined) inputs.push(vectorInput(boards, '#board', shared));
    this.#sum = new FeatureSum(inputs, shared, parameters, '#board.#numbers');
  }

  sources(dataset: Dataset, graph: Graph): BoardSources {
    // Boards that came since have no vector.
    if (this.#boards !== undefined && this.#boards > graph.boards) {
      throw invalidArgument(
        'graph',
        graph.boards,
        `a graph of the ${this.#boards} boards that the model has vectors of`,
      );
    }
    const features = this.#columns.map((column) => dataset.boardSource(column));
    if (this.#boards !== undefined) features.push(ownRows(this.#boards, graph.boards));
    const weights = this.#weights.get(graph) ?? inverseFrequencies(graph);
    this.#weights.set(graph, weights);
    return { weights, features };
  }

  /** [n, width] */
  encode({ offsets, rows, weights, features }: BoardBags): tf.Tensor2D {
    return embeddingBag(this.#sum.encode(features), { offsets, rows, weights });
  }
}

function inverseFrequencies(graph: Graph): Float32Array {
  return Float32Array.from(graph.boardDegrees(), (size) => Math.log(1 + graph.pins / (1 + size)));
}
