import { invalidArgument, tensorKernels } from '@pinsage/native';
import * as tf from '@tensorflow/tfjs-core';
import { pinSageBackend } from '../fused.js';

/** How one number becomes inputs of a linear map. */
export interface Bins {
  /** Ascending: a bin lies between each two neighbours. None or one: no bins. */
  edges: Float64Array;
  mean: number;
  /** Above 0. */
  deviation: number;
}

/** Columns that numbers with these bins become. */
export function piecewiseWidth(bins: Bins[]): number {
  return bins.reduce((sum, { edges }) => sum + columnsOf(edges), 0);
}

/**
 * Inputs of which a linear map is any piecewise linear function of each number (Gorishniy, Rubachev, Babenko: On Embeddings for
 * Numerical Features in Tabular Deep Learning, 2022). Of a number x: clip((x − b) / (b' − b), 0, 1) for each bin [b, b'); the
 * standardised number within ±5, which alone still moves outside the bins; and 1 for a missing number (NaN), for which all else is 0.
 * Constants: no gradient.
 *
 * @param numbers one array [n] for each number
 * @param bins of each number
 * @returns float32 [n, piecewiseWidth(bins)]
 * @throws PinSageError INVALID_ARGUMENT when there are not as many bins as numbers, or arrays of different lengths
 */
export function piecewiseLinear(numbers: Float32Array[], bins: Bins[]): tf.Tensor2D {
  if (numbers.length !== bins.length) throw invalidArgument('bins', bins, `one for each of ${numbers.length} numbers`);
  const rows = numbers[0]?.length ?? 0;
  for (const [i, values] of numbers.entries()) {
    if (!(values instanceof Float32Array) || values.length !== rows) {
      throw invalidArgument(`numbers[${i}]`, values, `a Float32Array of ${rows}, as the first`);
    }
  }
  const stride = piecewiseWidth(bins);
  const backend = pinSageBackend();
  const output = backend?.hostOutput([rows, stride]);
  const matrix = output?.values ?? new Float32Array(rows * stride);
  const expand = backend === undefined ? expandPlainly : tensorKernels.piecewiseLinear;
  let offset = 0;
  for (const [i, { edges, mean, deviation }] of bins.entries()) {
    expand(numbers[i], edges, mean, deviation, matrix, stride, offset);
    offset += columnsOf(edges);
  }
  if (output === undefined) return tf.tensor2d(matrix, [rows, stride]);
  return tf.engine().makeTensorFromTensorInfo(output.info) as tf.Tensor2D;
}

const columnsOf = (edges: Float64Array) => Math.max(edges.length - 1, 0) + 2;

/** Columns `offset` … of a matrix of zeros with rows of `stride`. */
function expandPlainly(
  numbers: Float32Array,
  edges: Float64Array,
  mean: number,
  deviation: number,
  matrix: Float32Array,
  stride: number,
  offset: number,
): void {
  const bins = columnsOf(edges) - 2;
  numbers.forEach((x, i) => {
    const row = i * stride + offset;
    if (Number.isNaN(x)) {
      matrix[row + bins + 1] = 1;
      return;
    }
    for (let bin = 0; bin < bins && x > edges[bin]; ++bin) {
      matrix[row + bin] = Math.min((x - edges[bin]) / (edges[bin + 1] - edges[bin]), 1);
    }
    matrix[row + bins] = Math.max(-5, Math.min(5, (x - mean) / deviation));
  });
}
