import { invalidArgument } from '@pinsage/native';
import type { PairSource, Pairs } from './pairs.js';
import { RandomStream } from './random.js';

/** Pairs that the caller has, such as clicks: the item was chosen by someone who looked at the query. Drawn uniformly. */
export class GivenPairs implements PairSource {
  readonly itemProbability: Float64Array;
  readonly #queries: Uint32Array;
  readonly #items: Uint32Array;
  readonly #seed: number;

  constructor(pairs: { queries: Uint32Array; items: Uint32Array }, pins: number, seed: number) {
    const { queries, items } = pairs;
    if (queries.length === 0 || queries.length !== items.length) {
      throw invalidArgument('pairs.items', items, `as many pins as pairs.queries (${queries.length}), at least one`);
    }
    for (const [name, ids] of Object.entries({ queries, items })) {
      const bad = ids.find((id) => id >= pins);
      if (bad !== undefined) throw invalidArgument(`pairs.${name}`, bad, `pins below ${pins}`);
    }
    this.#queries = queries;
    this.#items = items;
    this.#seed = seed;
    this.itemProbability = new Float64Array(pins);
    for (const item of items) this.itemProbability[item] += 1 / items.length;
  }

  sample(step: number, count: number): Pairs {
    const random = new RandomStream(this.#seed, 'pairs', step);
    const queries = new Uint32Array(count);
    const items = new Uint32Array(count);
    for (let row = 0; row < count; row++) {
      const pair = random.below(this.#items.length);
      queries[row] = this.#queries[pair];
      items[row] = this.#items[pair];
    }
    return { width: 1, queries, counts: new Uint32Array(count).fill(1), items };
  }

  heldOut(): undefined {
    return undefined;
  }

  before(): undefined {
    return undefined;
  }
}
