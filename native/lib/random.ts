import { addon } from './addon.js';
import { checkInteger, invalidArgument } from './errors.js';
import { checkSeed } from './walk-options.js';

const U32 = 0xffffffff;

/**
 * Philox4x32-10 words, a function of the arguments alone: the four words of the counter (a, b, c, stream), then those of
 * (a, b, c + 1, stream), and so on.
 */
export function randomWords(
  seed: bigint,
  counter: [number, number, number],
  stream: number,
  count: number,
): Uint32Array {
  checkSeed(seed);
  if (!Array.isArray(counter) || counter.length !== 3) throw invalidArgument('counter', counter, 'three integers');
  for (let i = 0; i < 3; i++) checkInteger(`counter[${i}]`, counter[i], 0, U32);
  checkInteger('stream', stream, 0, U32);
  const words = new Uint32Array(checkInteger('count', count, 0, 2 ** 28));
  addon.randomWords(seed, counter[0], counter[1], counter[2], stream, words);
  return words;
}

/** The fold, 0 to folds - 1, that the edge (pin, board) belongs to: the hash by which `heldOut` walks tell edges apart. */
export function fold(pin: number, board: number, folds: number): number {
  const edge = mix(mix(pin) ^ (Math.imul(board, 0x9e3779b1) + 0x7f4a7c15));
  return (edge >>> 0) % folds;
}

/** Murmur3's 32-bit finaliser. */
function mix(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
