import type { GatheredFeature } from '@pinsage/native';
import { embeddingBag, l2Normalize } from '@pinsage/tensor';
import * as tf from '@tensorflow/tfjs-core';

type Bag = Extract<GatheredFeature, { kind: 'bag' }>;
type Dense = Extract<GatheredFeature, { kind: 'dense' }>;

/** A vector of every pin, and their inner products. */
export interface ContentVectors {
  /** [queries, pins] inner products of all pins with the sum of each query's pins. */
  products(queries: Uint32Array[]): tf.Tensor2D;
}

/** Sparse vectors: bags of rows below `width`. */
export class SparseVectors implements ContentVectors {
  readonly #bag: Bag;
  readonly #width: number;

  constructor(bag: Bag, width: number) {
    this.#bag = bag;
    this.#width = width;
  }

  products(queries: Uint32Array[]): tf.Tensor2D {
    const { offsets, rows, weights } = this.#bag;
    const n = queries.length;
    // The queries' sums as a table [width, queries], whose rows every pin's bag then adds up: the products of all pins at once.
    const table = new Float32Array(this.#width * n);
    for (const [query, pins] of queries.entries()) {
      for (const pin of pins) {
        for (let i = offsets[pin]; i < offsets[pin + 1]; i++) table[rows[i] * n + query] += weights[i];
      }
    }
    return tf.tidy(() => bagProducts(tf.tensor2d(table, [this.#width, n]), this.#bag));
  }
}

/** [n, pins] inner products of all pins' bags with each column of a table [rows, n]. */
export function bagProducts(table: tf.Tensor2D, bag: Bag): tf.Tensor2D {
  return tf.transpose(embeddingBag(table, bag));
}

/** Dense vectors [pins, width], brought to length 1; one of zeros is missing. */
export class DenseVectors implements ContentVectors {
  readonly #values: Float32Array;
  readonly #width: number;

  constructor({ values, width }: Dense) {
    this.#values = tf.tidy(
      () => l2Normalize(tf.tensor2d(values, [values.length / width, width])).dataSync() as Float32Array,
    );
    this.#width = width;
  }

  has(pin: number): boolean {
    return this.#values.subarray(pin * this.#width, (pin + 1) * this.#width).some((value) => value !== 0);
  }

  products(queries: Uint32Array[]): tf.Tensor2D {
    const width = this.#width;
    const sums = new Float32Array(queries.length * width);
    for (const [query, pins] of queries.entries()) {
      for (const pin of pins) {
        for (let i = 0; i < width; i++) sums[query * width + i] += this.#values[pin * width + i];
      }
    }
    return tf.tidy(() => {
      const all = tf.tensor2d(this.#values, [this.#values.length / width, width]);
      return tf.matMul(tf.tensor2d(sums, [queries.length, width]), all, false, true);
    });
  }
}

/** Bags side by side: one bag a pin, over the rows of all. */
export function joinBags(bags: { bag: Bag; width: number }[], pins: number): SparseVectors {
  const entries = bags.reduce((sum, { bag }) => sum + bag.rows.length, 0);
  const joined = {
    offsets: new Int32Array(pins + 1),
    rows: new Int32Array(entries),
    weights: new Float32Array(entries),
  };
  let next = 0;
  for (let pin = 0; pin < pins; pin++) {
    let base = 0;
    for (const { bag, width } of bags) {
      for (let i = bag.offsets[pin]; i < bag.offsets[pin + 1]; i++, next++) {
        joined.rows[next] = base + bag.rows[i];
        joined.weights[next] = bag.weights[i];
      }
      base += width;
    }
    joined.offsets[pin + 1] = next;
  }
  return new SparseVectors(
    { kind: 'bag', ...joined },
    bags.reduce((sum, { width }) => sum + width, 0),
  );
}
