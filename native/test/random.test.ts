import { describe, expect, it } from 'vitest';
import { fold, randomWords } from '../lib/index.js';
import { philox } from './reference/philox.js';
import { referenceFold } from './reference/walks.js';
import { expectError, generator } from './support.js';

describe('randomWords', () => {
  // Known answers of the authors' library: random123/tests/kat_vectors, philox4x32 10.
  it.each([
    [0n, [0, 0, 0, 0], [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]],
    [
      0xffffffffffffffffn,
      [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
    ],
    [
      0x299f31d0a4093822n,
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    ],
  ])('answers as Random123 does for key %s', (seed, [a, b, c, stream], expected) => {
    expect([...randomWords(seed, [a, b, c], stream, 4)]).toEqual(expected);
  });

  it('continues with the next counters', () => {
    const words = randomWords(5n, [1, 2, 0xffffffff], 4, 7);
    const expected = [...philox(5n, [1, 2, 0xffffffff, 4]), ...philox(5n, [1, 2, 0, 4])].slice(0, 7);
    expect([...words]).toEqual(expected);
  });

  it('refuses what it cannot use', async () => {
    await expectError('INVALID_ARGUMENT', /seed is -1n/, () => randomWords(-1n, [0, 0, 0], 0, 1));
    await expectError('INVALID_ARGUMENT', /seed is 7;/, () => randomWords(7 as unknown as bigint, [0, 0, 0], 0, 1));
    await expectError('INVALID_ARGUMENT', /counter\[2\] is 4294967296/, () => randomWords(0n, [0, 0, 2 ** 32], 0, 1));
    await expectError('INVALID_ARGUMENT', /stream is -1/, () => randomWords(0n, [0, 0, 0], -1, 1));
    await expectError('INVALID_ARGUMENT', /count is NaN/, () => randomWords(0n, [0, 0, 0], 0, Number.NaN));
  });
});

describe('fold', () => {
  it('is the reference’s hash, over all of its range', () => {
    const random = generator(1);
    const folds = new Set<number>();
    for (let i = 0; i < 2000; i++) {
      const [pin, board] = [Math.floor(random() * 2 ** 32), Math.floor(random() * 2 ** 32)];
      expect(fold(pin, board, 7)).toBe(referenceFold(pin, board, 7));
      folds.add(fold(pin, board, 7));
    }
    expect(folds.size).toBe(7);
  });
});
