import { invalidArgument } from '@pinsage/native';
import * as tf from '@tensorflow/tfjs-core';
import { checkRows, checkShape, checkTensor } from '../checks.js';
import { fusedOperation, pinSageBackend } from '../fused.js';

/** n bags of weighted table rows in CSR form: bag i holds the entries from offsets[i] to offsets[i + 1]. */
export interface Bag {
  /** int32 [n + 1], from 0 to k, never falling. */
  offsets: tf.Tensor1D | Int32Array;
  /** int32 [k], rows of the table. */
  rows: tf.Tensor1D | Int32Array;
  /** float32 [k]. */
  weights: tf.Tensor1D | Float32Array;
}

/**
 * Weighted sums of table rows: `y_i = Σ_{j in bag i} weights_j table[rows_j]`, zeros for an empty bag.
 * The gradient goes to the table only; a row's sum is made in the order of its entries, at any number of threads.
 *
 * @param table float32 [V, d]
 * @param bag see Bag
 * @returns float32 [n, d]
 * @throws PinSageError INVALID_ARGUMENT on another dtype or shape, offsets that fall, or a row out of range
 */
export function embeddingBag(table: tf.Tensor2D, bag: Bag): tf.Tensor2D {
  checkTensor('table', table, 2, 'float32');
  return tf.tidy(() => {
    const offsets = toTensor(bag.offsets, 'int32');
    const rows = toTensor(bag.rows, 'int32');
    const weights = toTensor(bag.weights, 'float32');
    checkTensor('bag.offsets', offsets, 1, 'int32');
    checkTensor('bag.rows', rows, 1, 'int32');
    checkTensor('bag.weights', weights, 1, 'float32');
    checkShape('bag.weights', weights, rows.shape, 'that of bag.rows');
    if (offsets.size === 0) throw invalidArgument('bag.offsets.length', 0, 'one more than the number of bags');
    if (pinSageBackend() === undefined) return composite(table, offsets, rows, weights);
    return fused({ table, offsets, rows, weights }, { size: table.shape[0] }) as tf.Tensor2D;
  });
}

function toTensor(values: tf.Tensor1D | Int32Array | Float32Array, dtype: 'int32' | 'float32'): tf.Tensor1D {
  return values instanceof tf.Tensor ? values : tf.tensor1d(values, dtype);
}

const fused = fusedOperation({
  name: 'PinSageEmbeddingBag',
  forward: (backend, { table, offsets, rows, weights }) => {
    const width = table.shape[1];
    const y = backend.output([offsets.shape[0] - 1, width]);
    const bag = [backend.allInts(offsets), backend.allInts(rows), backend.hostFloats(weights)] as const;
    backend.kernels.embeddingBag(backend.allFloats(table), width, ...bag, y.values);
    return y.info;
  },
  gradient: {
    inputs: ['offsets', 'rows', 'weights'],
    of: (dy, [offsets, rows, weights], { size }) => ({
      table: () => gradient({ dy, offsets, rows, weights }, { size }),
    }),
  },
});

/** dtable_r = Σ over entries j with rows_j = r of weights_j · dy of its bag. */
const gradient = fusedOperation({
  name: 'PinSageEmbeddingBagGradient',
  forward: (backend, { dy, offsets, rows, weights }, { size }) => {
    const width = dy.shape[1];
    const dtable = backend.output([size as number, width]);
    const bag = [backend.allInts(offsets), backend.allInts(rows), backend.hostFloats(weights)] as const;
    backend.kernels.embeddingBagGradient(backend.allFloats(dy), width, ...bag, dtable.values);
    return dtable.info;
  },
});

function composite(table: tf.Tensor2D, offsets: tf.Tensor1D, rows: tf.Tensor1D, weights: tf.Tensor1D): tf.Tensor2D {
  checkRows('bag.rows', rows.dataSync(), table.shape[0]);
  const bags = offsets.size - 1;
  const bagOfEntry = expandOffsets(offsets.dataSync() as Int32Array, rows.size);
  // Without entries there is nothing to sum, yet the gradient must still reach the table.
  if (rows.size === 0) return tf.add(tf.zeros([bags, table.shape[1]]), tf.mul(0, tf.sum(table, 0, true)));
  const entries = tf.mul(tf.gather(table, rows), tf.expandDims(weights, 1));
  return tf.unsortedSegmentSum(entries, tf.tensor1d(bagOfEntry, 'int32'), bags) as tf.Tensor2D;
}

/** The bag of each entry. */
function expandOffsets(offsets: Int32Array, entries: number): Int32Array {
  const bags = offsets.length - 1;
  const result = new Int32Array(entries);
  for (let bag = 0; bag < bags; ++bag) {
    if (offsets[bag] > offsets[bag + 1])
      throw invalidArgument(`bag.offsets[${bag + 1}]`, offsets[bag + 1], `≥ ${offsets[bag]}`);
    result.fill(bag, offsets[bag], offsets[bag + 1]);
  }
  if (offsets[0] !== 0) throw invalidArgument('bag.offsets[0]', offsets[0], '0');
  if (offsets[bags] !== entries)
    throw invalidArgument(`bag.offsets[${bags}]`, offsets[bags], `${entries}, the number of entries`);
  return result;
}
