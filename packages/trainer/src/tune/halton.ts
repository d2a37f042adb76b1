import { RandomStream } from '../random.js';

/**
 * Point `index` of a randomised Halton sequence (Halton 1960; digits permuted at random as in Owen 2017): points that fill
 * the cube more evenly than independent ones, each of which is uniform. A function of (seed, index).
 *
 * @returns [dimensions] numbers in [0, 1)
 */
export function haltonPoint(seed: number, index: number, dimensions: number): Float64Array {
  const bases = primes(dimensions);
  return Float64Array.from(bases, (base, dimension) => permutedRadicalInverse(seed, index, base, dimension));
}

/** The digits of `index` in a base, each permuted, mirrored at the point. Zeros before the number are digits too. */
function permutedRadicalInverse(seed: number, index: number, base: number, dimension: number): number {
  const random = new RandomStream(seed, 'halton', dimension);
  let rest = index;
  let value = 0;
  for (let unit = 1 / base; unit > 2 ** -40; unit /= base) {
    value += permutation(base, random)[rest % base] * unit;
    rest = Math.floor(rest / base);
  }
  return value;
}

/** A random order of 0 … n − 1 (Fisher and Yates). */
function permutation(n: number, random: RandomStream): Uint32Array {
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  for (let last = n - 1; last > 0; last--) {
    const drawn = random.below(last + 1);
    [order[last], order[drawn]] = [order[drawn], order[last]];
  }
  return order;
}

function primes(count: number): number[] {
  const found: number[] = [];
  for (let n = 2; found.length < count; n++) if (found.every((prime) => n % prime !== 0)) found.push(n);
  return found;
}
