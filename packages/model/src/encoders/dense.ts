import { type GatheredFeature, PinSageError } from '@pinsage/native';
import { gatherFeature, l2Normalize, linear } from '@pinsage/tensor';
import * as tf from '@tensorflow/tfjs-core';
import type { Parameters } from '../parameters.js';
import { type Encoder, type EncoderOptions, initialDeviation } from './encoder.js';

/**
 * Vectors of another model (image, text, audio). Scaled to length 1 first: that is how such vectors are compared, and it makes
 * the model indifferent to their unit. A missing vector is zeros and stays so.
 */
export class DenseEncoder implements Encoder {
  readonly #weights: tf.Variable<tf.Rank.R2>;

  constructor(name: string, inputs: number, options: EncoderOptions, parameters: Parameters) {
    const deviation = initialDeviation(options, 1);
    this.#weights = parameters.normal(`features.${name}.weights`, [inputs, options.width], deviation);
  }

  encode([feature]: GatheredFeature[]): tf.Tensor2D {
    return linear(l2Normalize(rowsOf(feature)), this.#weights);
  }
}

function rowsOf(feature: GatheredFeature): tf.Tensor2D {
  if (feature.kind === 'deferred') return gatherFeature(feature);
  if (feature.kind !== 'dense') throw new PinSageError('INVALID_ARGUMENT', 'A dense encoder was given a bag.');
  const { values, width } = feature;
  return tf.tensor2d(values, [values.length / width, width]);
}
