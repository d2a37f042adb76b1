import { type GatheredFeature, PinSageError } from '@pinsage/native';
import { embeddingBag } from '@pinsage/tensor';
import type * as tf from '@tensorflow/tfjs-core';
import type { Parameters } from '../parameters.js';
import { type Encoder, type EncoderOptions, initialDeviation } from './encoder.js';

/** Text and categories: the weighted sum of the learned vectors of a pin's words. A pin without words gets zeros. */
export class BagEncoder implements Encoder {
  readonly #table: tf.Variable<tf.Rank.R2>;

  constructor(name: string, buckets: number, options: EncoderOptions, parameters: Parameters) {
    // A bag's weights are normalised: sum of their squares 1.
    const deviation = initialDeviation(options, 1);
    this.#table = parameters.normal(`features.${name}.table`, [buckets, options.width], deviation);
  }

  encode([feature]: GatheredFeature[]): tf.Tensor2D {
    if (feature.kind !== 'bag') throw new PinSageError('INVALID_ARGUMENT', 'A bag encoder was given a dense feature.');
    return embeddingBag(this.#table, feature);
  }
}
