import type { RandomStream } from './random.js';

/** Draws an index with probability proportional to its weight. */
export class WeightedIndex {
  readonly #prefix: Float64Array;

  /** @param weights finite, ≥ 0, at least one of them positive */
  constructor(weights: Float64Array) {
    this.#prefix = new Float64Array(weights.length);
    let sum = 0;
    for (let i = 0; i < weights.length; i++) {
      sum += weights[i];
      this.#prefix[i] = sum;
    }
  }

  /** The sum of all weights. */
  get total(): number {
    return this.#prefix.length === 0 ? 0 : this.#prefix[this.#prefix.length - 1];
  }

  draw(random: RandomStream): number {
    const x = random.uniform() * this.total;
    let low = 0;
    let high = this.#prefix.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#prefix[middle] > x) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
