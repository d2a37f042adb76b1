import type { NumberStatistics } from '@pinsage/graph';
import { type GatheredFeature, PinSageError } from '@pinsage/native';
import { type Bins, linear, piecewiseLinear, piecewiseWidth } from '@pinsage/tensor';
import type * as tf from '@tensorflow/tfjs-core';
import type { Parameters } from '../parameters.js';
import { type Encoder, type EncoderOptions, initialDeviation } from './encoder.js';

/** All number features: one linear map of the piecewise-linear inputs of each (one pass over h0 instead of one for each feature). */
export class NumbersEncoder implements Encoder {
  readonly #bins: Bins[];
  readonly #weights: tf.Variable<tf.Rank.R2>;

  constructor(name: string, statistics: NumberStatistics[], options: EncoderOptions, parameters: Parameters) {
    this.#bins = statistics.map(binsOf);
    const inputs = piecewiseWidth(this.#bins);
    // Bins below the number's are 1, those above 0: on average a third to a half of the inputs' squares.
    const deviation = initialDeviation(options, inputs / statistics.length / 3);
    this.#weights = parameters.normal(`features.${name}.weights`, [inputs, options.width], deviation);
  }

  encode(features: GatheredFeature[]): tf.Tensor2D {
    const numbers = features.map((feature) => {
      if (feature.kind !== 'dense') throw new PinSageError('INVALID_ARGUMENT', 'A number encoder was given a bag.');
      return feature.values;
    });
    return linear(piecewiseLinear(numbers, this.#bins), this.#weights);
  }
}

function binsOf({ mean, std, quantiles }: NumberStatistics): Bins {
  return { edges: Float64Array.from(new Set(quantiles)), mean, deviation: std > 0 ? std : 1 };
}
