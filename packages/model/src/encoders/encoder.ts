import type { GatheredFeature } from '@pinsage/native';
import type * as tf from '@tensorflow/tfjs-core';

/** A term of h0, made from one feature or from several of a kind. */
export interface Encoder {
  /** Gathered features of n pins as [n, width]. */
  encode(features: GatheredFeature[]): tf.Tensor2D;
}

/** What every encoder is made with. */
export interface EncoderOptions {
  width: number;
  /** Features that are summed to h0. */
  features: number;
}

/**
 * Deviation of an encoder's initial weights. h0 is a sum over the features, and every later representation has length 1, so each
 * feature starts with an expected squared length of 1 / features: its `width` values, of variance deviation² · |x|², add up to that.
 * `squaredLength` is the expected |x|² of what the weights are applied to.
 */
export function initialDeviation({ width, features }: EncoderOptions, squaredLength: number): number {
  return 1 / Math.sqrt(width * features * squaredLength);
}
