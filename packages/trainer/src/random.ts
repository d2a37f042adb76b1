import { randomWords } from '@pinsage/native';

const BLOCK = 1024;
// Keeps the trainer's draws apart from the walks', which use the same generator with the plain seed.
const KEY = 0x747261696e657221n;

/** What a stream of random numbers is for: two uses never share a number. */
export const purposes = {
  pairs: 1,
  shared: 2,
  hard: 3,
  dropout: 4,
  evaluation: 5,
  bootstrap: 6,
  diagnostics: 7,
  halton: 8,
  tpe: 9,
  own: 10,
} as const;

/**
 * Random numbers that are a function of (seed, purpose, index) alone, where the index is mostly a training step. A run that is
 * resumed at step s therefore draws what the run that never stopped would have drawn.
 */
export class RandomStream {
  readonly #seed: bigint;
  readonly #purpose: number;
  readonly #index: number;
  #words: Uint32Array = new Uint32Array(0);
  #next = 0;
  #blocks = 0;

  constructor(seed: number, purpose: keyof typeof purposes, index: number) {
    this.#seed = BigInt(seed) ^ KEY;
    this.#purpose = purposes[purpose];
    this.#index = index;
  }

  /** 32 random bits. */
  word(): number {
    if (this.#next === this.#words.length) {
      this.#words = randomWords(this.#seed, [this.#index, this.#purpose, (this.#blocks * BLOCK) / 4], 0, BLOCK);
      this.#blocks += 1;
      this.#next = 0;
    }
    return this.#words[this.#next++];
  }

  /** A uniform integer in [0, n), n ≤ 2^32. */
  below(n: number): number {
    return Math.floor((this.word() * n) / 2 ** 32);
  }

  /** A uniform number in [0, 1) of 53 bits. */
  uniform(): number {
    const high = this.word() >>> 5;
    const low = this.word() >>> 6;
    return (high * 2 ** 26 + low) / 2 ** 53;
  }

  /** `count` distinct integers of [0, n), in ascending order; all of them when n ≤ count. */
  sample(n: number, count: number): Uint32Array {
    if (n <= count) return Uint32Array.from({ length: n }, (_, i) => i);
    // Floyd's algorithm: one draw for each kept number, whatever n is.
    const kept = new Set<number>();
    for (let last = n - count; last < n; last++) {
      const drawn = this.below(last + 1);
      kept.add(kept.has(drawn) ? last : drawn);
    }
    return Uint32Array.from(kept).sort();
  }
}
