import type { ModelConfig } from '@pinsage/model';
import { embeddingBag } from '@pinsage/tensor';
import * as tf from '@tensorflow/tfjs-core';
import { tidied } from './tidied.js';

/** Vectors wait until there are so many bytes of them, or so many pins that want them, and are pooled together then. */
const WAITING_BYTES = 2 ** 26;
const WAITING_EDGES = 2 ** 20;

/**
 * The neighbours of n pins, pooled as they come by: memory depends on n, and not on how many neighbours there are. A pin's sum is
 * made in the order in which its neighbours come.
 */
export class Pooled {
  readonly #width: number;
  readonly #aggregator: ModelConfig['aggregator'];
  /** [n, width], and the weights in them. */
  readonly #sums: Float32Array;
  readonly #weights: Float64Array;
  /** What waits: vectors [rows, width], and edges from a pin to one of them. */
  readonly #vectors: Float32Array;
  readonly #edges = {
    pins: new Int32Array(WAITING_EDGES),
    rows: new Int32Array(WAITING_EDGES),
    weights: new Float32Array(WAITING_EDGES),
  };
  #waitingVectors = 0;
  #waitingEdges = 0;

  constructor(pins: number, width: number, aggregator: ModelConfig['aggregator']) {
    this.#width = width;
    this.#aggregator = aggregator;
    this.#sums = new Float32Array(pins * width);
    this.#weights = new Float64Array(pins);
    this.#vectors = new Float32Array(width * Math.ceil(WAITING_BYTES / 4 / width));
  }

  /** Adds one vector to some of the pins. @param copy Puts it into row `row` of `rows`. */
  add(copy: (rows: Float32Array, row: number) => void, pins: Int32Array, weights: Float32Array): void {
    for (let at = 0; at < pins.length; ) {
      if (this.#waitingEdges === WAITING_EDGES || this.#waitingVectors * this.#width === this.#vectors.length)
        this.#pool();
      const row = this.#waitingVectors++;
      const edge = this.#waitingEdges;
      const taken = Math.min(pins.length - at, WAITING_EDGES - edge);
      copy(this.#vectors, row);
      this.#edges.pins.set(pins.subarray(at, at + taken), edge);
      this.#edges.weights.set(weights.subarray(at, at + taken), edge);
      this.#edges.rows.fill(row, edge, edge + taken);
      this.#waitingEdges += taken;
      at += taken;
    }
  }

  /** [n, width]; zeros for a pin without neighbours. */
  finish(): Float32Array {
    this.#pool();
    if (this.#aggregator !== 'max') {
      for (const [pin, weight] of this.#weights.entries()) {
        if (weight === 0) continue;
        const sums = this.#sums.subarray(pin * this.#width, (pin + 1) * this.#width);
        for (let i = 0; i < sums.length; ++i) sums[i] /= weight;
      }
    }
    return this.#sums;
  }

  #pool(): void {
    if (this.#aggregator === 'max') this.#poolMaxima();
    else this.#poolSums();
    this.#waitingVectors = 0;
    this.#waitingEdges = 0;
  }

  /** What waits is summed pin by pin, natively. */
  #poolSums(): void {
    const { pins, rows, weights } = this.#edges;
    const count = this.#waitingEdges;
    if (count === 0) return;
    // Edges sorted by pin, in the order in which they came.
    const ends = new Int32Array(this.#weights.length + 1);
    for (let edge = 0; edge < count; ++edge) {
      ends[pins[edge] + 1]++;
      this.#weights[pins[edge]] += weights[edge];
    }
    const touched: number[] = [];
    const offsets = [0];
    for (let pin = 0; pin < this.#weights.length; ++pin) {
      if (ends[pin + 1] > 0) {
        touched.push(pin);
        offsets.push(ends[pin] + ends[pin + 1]);
      }
      ends[pin + 1] += ends[pin];
    }
    const sorted = { rows: new Int32Array(count), weights: new Float32Array(count) };
    for (let edge = 0; edge < count; ++edge) {
      const place = ends[pins[edge]]++;
      sorted.rows[place] = rows[edge];
      sorted.weights[place] = weights[edge];
    }
    const width = this.#width;
    const sums = tidied(() => {
      const vectors = tf.tensor2d(this.#vectors.subarray(0, this.#waitingVectors * width), [
        this.#waitingVectors,
        width,
      ]);
      return embeddingBag(vectors, { offsets: Int32Array.from(offsets), ...sorted }).dataSync() as Float32Array;
    });
    for (const [i, pin] of touched.entries()) {
      const [from, to] = [i * width, pin * width];
      for (let k = 0; k < width; ++k) this.#sums[to + k] += sums[from + k];
    }
  }

  /** Vectors are never negative, so that zeros are below all of them. */
  #poolMaxima(): void {
    const { pins, rows } = this.#edges;
    const width = this.#width;
    for (let edge = 0; edge < this.#waitingEdges; ++edge) {
      const [from, to] = [rows[edge] * width, pins[edge] * width];
      for (let k = 0; k < width; ++k) {
        if (this.#vectors[from + k] > this.#sums[to + k]) this.#sums[to + k] = this.#vectors[from + k];
      }
    }
  }
}
