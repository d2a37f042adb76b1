import type { NumberStatistics } from '@pinsage/graph';
import { type GatheredFeature, PinSageError } from '@pinsage/native';
import { linear } from '@pinsage/tensor';
import * as tf from '@tensorflow/tfjs-core';
import type { Parameters } from '../parameters.js';
import { type Encoder, type EncoderOptions, initialDeviation } from './encoder.js';

/**
 * All number features, as one linear map of the inputs of each (one pass over h0 instead of one for each feature).
 *
 * A number is encoded piecewise linearly (Gorishniy, Rubachev, Babenko: On Embeddings for Numerical Features in Tabular Deep
 * Learning, 2022): one input for each bin [b, b') between quantiles, clip((x - b) / (b' - b), 0, 1), so that a linear map of them
 * is any piecewise linear function of x. Beside them the standardised number, which alone still moves outside the quantiles, and
 * a flag for a missing number (NaN), for which all else is 0.
 */
export class NumbersEncoder implements Encoder {
  readonly #numbers: NumberInputs[];
  readonly #inputs: number;
  readonly #weights: tf.Variable<tf.Rank.R2>;

  constructor(statistics: NumberStatistics[], options: EncoderOptions, parameters: Parameters) {
    this.#numbers = statistics.map((of) => new NumberInputs(of));
    this.#inputs = this.#numbers.reduce((sum, { size }) => sum + size, 0);
    // Bins below the number's are 1, those above 0: on average a third to a half of the inputs' squares.
    const deviation = initialDeviation(options, this.#inputs / this.#numbers.length / 3);
    this.#weights = parameters.normal('features.#numbers.weights', [this.#inputs, options.width], deviation);
  }

  encode(features: GatheredFeature[]): tf.Tensor2D {
    const rows = (features[0] as { values: Float32Array }).values.length;
    const inputs = new Float32Array(rows * this.#inputs);
    let offset = 0;
    features.forEach((feature, i) => {
      if (feature.kind !== 'dense') throw new PinSageError('INVALID_ARGUMENT', 'A number encoder was given a bag.');
      this.#numbers[i].expand(feature.values, inputs, offset, this.#inputs);
      offset += this.#numbers[i].size;
    });
    return linear(tf.tensor2d(inputs, [rows, this.#inputs]), this.#weights);
  }
}

/** The inputs of one number: its bins, the standardised number within ±5, the flag. */
class NumberInputs {
  readonly size: number;
  readonly #edges: Float64Array;
  readonly #mean: number;
  readonly #std: number;

  constructor({ mean, std, quantiles }: NumberStatistics) {
    this.#edges = Float64Array.from(new Set(quantiles));
    this.#mean = mean;
    this.#std = std > 0 ? std : 1;
    this.size = Math.max(this.#edges.length - 1, 0) + 2;
  }

  /** Writes them to columns `offset` … of a matrix of zeros with rows of `stride`. */
  expand(numbers: Float32Array, matrix: Float32Array, offset: number, stride: number): void {
    const edges = this.#edges;
    const bins = this.size - 2;
    for (let i = 0; i < numbers.length; ++i) {
      const row = i * stride + offset;
      const x = numbers[i];
      if (Number.isNaN(x)) {
        matrix[row + bins + 1] = 1;
        continue;
      }
      for (let bin = 0; bin < bins && x > edges[bin]; ++bin) {
        matrix[row + bin] = Math.min((x - edges[bin]) / (edges[bin + 1] - edges[bin]), 1);
      }
      matrix[row + bins] = Math.max(-5, Math.min(5, (x - this.#mean) / this.#std));
    }
  }
}
