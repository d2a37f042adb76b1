import { checkInteger, checkNumber, invalidArgument, tensorKernels } from '@pinsage/native';
import * as tf from '@tensorflow/tfjs-core';
import { pinSageBackend } from '../fused.js';

export interface RandomOptions {
  /** A 64-bit word. */
  seed: number | bigint;
  /** A 32-bit word; the same seed gives other numbers on every stream. Default 0. */
  stream?: number;
}

export interface RandomNormalOptions extends RandomOptions {
  /** Default 0. */
  mean?: number;
  /** Default 1. */
  deviation?: number;
}

export interface RandomUniformOptions extends RandomOptions {
  /** Default 0. */
  low?: number;
  /** Not itself drawn. Default 1. */
  high?: number;
}

/**
 * Normally distributed numbers, float32, at most 5.8 deviations from the mean. They are a function of seed, stream and position
 * alone (Philox words, Box–Muller): the same bits on every backend and machine.
 */
export function randomNormal<R extends tf.Rank>(shape: tf.ShapeMap[R], options: RandomNormalOptions): tf.Tensor<R> {
  const mean = checkNumber('mean', options.mean ?? 0, -1e30, 1e30);
  const deviation = checkNumber('deviation', options.deviation ?? 1, 0, 1e30);
  return filled(shape, options, (seed, stream, y) => tensorKernels.randomNormal(seed, stream, mean, deviation, y));
}

/** Uniformly distributed numbers in [low, high), float32; otherwise as randomNormal(). */
export function randomUniform<R extends tf.Rank>(shape: tf.ShapeMap[R], options: RandomUniformOptions): tf.Tensor<R> {
  const low = checkNumber('low', options.low ?? 0, -1e30, 1e30);
  const high = checkNumber('high', options.high ?? 1, low, 1e30);
  return filled(shape, options, (seed, stream, y) => tensorKernels.randomUniform(seed, stream, low, high, y));
}

function filled<R extends tf.Rank>(
  shape: tf.ShapeMap[R],
  options: RandomOptions,
  fill: (seed: bigint, stream: number, y: Float32Array) => void,
): tf.Tensor<R> {
  const seed = checkSeed(options.seed);
  const stream = checkInteger('stream', options.stream ?? 0, 0, 2 ** 32 - 1);
  const output = pinSageBackend()?.hostOutput(shape);
  const values = output?.values ?? new Float32Array(tf.util.sizeFromShape(shape));
  fill(seed, stream, values);
  if (output === undefined) return tf.tensor(values, shape);
  return tf.engine().makeTensorFromTensorInfo(output.info) as tf.Tensor<R>;
}

function checkSeed(seed: unknown): bigint {
  const allowed = 'an integer from 0 to 2⁶⁴ − 1';
  if (typeof seed !== 'bigint' && !Number.isSafeInteger(seed)) throw invalidArgument('seed', seed, allowed);
  const word = BigInt(seed as number | bigint);
  if (word !== BigInt.asUintN(64, word)) throw invalidArgument('seed', seed, allowed);
  return word;
}
