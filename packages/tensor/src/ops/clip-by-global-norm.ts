import { checkNumber } from '@pinsage/native';
import * as tf from '@tensorflow/tfjs-core';
import { pinSageBackend } from '../fused.js';

/** What clipByGlobalNorm gives back. */
export interface ClippedGradients {
  /** In the order of the input; new tensors, the caller's to dispose. */
  grads: tf.Tensor[];
  /** The norm before clipping: the square root of the sum of all squares. */
  norm: number;
}

/**
 * Scales all gradients by the same factor `min(1, maxNorm / norm)`, so that their joint L2 norm is at most `maxNorm`
 * (Pascanu et al., 2013). When the norm is not finite nothing is scaled; look at `norm`.
 *
 * @param grads float32 tensors of any shape
 * @param maxNorm > 0
 * @throws PinSageError INVALID_ARGUMENT on a maxNorm that is not positive
 */
export function clipByGlobalNorm(grads: tf.Tensor[], maxNorm: number): ClippedGradients {
  checkNumber('maxNorm', maxNorm, Number.MIN_VALUE, Number.MAX_VALUE);
  const norm = globalNorm(grads);
  const scale = norm > maxNorm && Number.isFinite(norm) ? maxNorm / norm : 1;
  return { grads: grads.map((grad) => (scale === 1 ? grad.clone() : tf.mul(grad, scale))), norm };
}

function globalNorm(grads: tf.Tensor[]): number {
  const backend = pinSageBackend();
  if (backend !== undefined) {
    return Math.sqrt(backend.kernels.sumOfSquares(grads.map((grad) => backend.allFloats(grad))));
  }
  const squares = grads.map((grad) => tf.tidy(() => tf.sum(tf.square(grad)).dataSync()[0]));
  return Math.sqrt(squares.reduce((sum, square) => sum + square, 0));
}
