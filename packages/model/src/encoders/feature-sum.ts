import type { NumberStatistics } from '@pinsage/graph';
import { type GatheredFeature, invalidArgument } from '@pinsage/native';
import * as tf from '@tensorflow/tfjs-core';
import type { Parameters } from '../parameters.js';
import type { Encoder, EncoderOptions } from './encoder.js';
import { NumbersEncoder } from './numbers.js';

/** What a pin or a board is read by: a feature of the dataset, or what the model sees in the graph itself. */
export interface Input {
  name: string;
  /** Numbers are encoded together, all others by themselves. */
  encoder: NumberStatistics | ((parameters: Parameters) => Encoder);
}

/** Features to one vector: Σ E_f(x_f). */
export class FeatureSum {
  readonly #inputs: Input[];
  /** Encoders, and the inputs of each. */
  readonly #terms: [Encoder, number[]][] = [];

  /** @param numbers the name under which the weights of all number features are kept */
  constructor(inputs: Input[], options: EncoderOptions, parameters: Parameters, numbers: string) {
    this.#inputs = inputs;
    const together: number[] = [];
    inputs.forEach(({ encoder }, i) => {
      if (typeof encoder === 'function') this.#terms.push([encoder(parameters), [i]]);
      else together.push(i);
    });
    if (together.length > 0) {
      const statistics = together.map((i) => inputs[i].encoder as NumberStatistics);
      this.#terms.push([new NumbersEncoder(numbers, statistics, options, parameters), together]);
    }
  }

  /** [n, width] */
  encode(features: GatheredFeature[]): tf.Tensor2D {
    if (features.length !== this.#inputs.length) {
      const names = this.#inputs.map(({ name }) => name).join(', ');
      throw invalidArgument('features', features, `${this.#inputs.length} gathered features: ${names}`);
    }
    return tf.addN(
      this.#terms.map(([encoder, inputs]) => encoder.encode(inputs.map((i) => features[i]))),
    ) as tf.Tensor2D;
  }
}
