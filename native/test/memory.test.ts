import { execFileSync } from 'node:child_process';
import { totalmem } from 'node:os';
import { describe, expect, it } from 'vitest';
import { largeArray, release, usableMemory } from '../lib/index.js';

const library = new URL('../dist/index.js', import.meta.url).href;
const addon = new URL('../dist/addon.js', import.meta.url).href;

describe('largeArray', () => {
  it('is zeros of the type', () => {
    expect(largeArray(BigInt64Array, 3)).toEqual(new BigInt64Array(3));
    expect(largeArray(Uint8Array, 0).length).toBe(0);
    expect(() => largeArray(Uint8Array, -1)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  });

  it('is given back once, and the next one is zeros again', () => {
    const array = largeArray(Float32Array, 2 ** 21).fill(1);
    release(array);
    expect(array.length).toBe(0);
    expect(() => release(array)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    expect(largeArray(Float32Array, 2 ** 21).every((value) => value === 0)).toBe(true);
  });

  it.runIf(process.platform === 'linux')('lies in a file without a name when memory is short', () => {
    const output = execFileSync(
      process.execPath,
      [
        '--expose-gc',
        '--input-type=module',
        '-e',
        `
        import { readFileSync } from 'node:fs';
        import { setTimeout } from 'node:timers/promises';
        import { largeArray } from '${library}';
        import { addon } from '${addon}';
        const files = () => readFileSync('/proc/self/maps', 'utf8').match(/pinsage-array-.*deleted/g)?.length ?? 0;
        addon.setUsableMemory(2 ** 28);
        let arrays = [1, 2, 3].map(() => largeArray(Uint32Array, 2 ** 24));
        arrays[2].fill(7);
        console.log(files(), arrays[2][2 ** 24 - 1], arrays[1][0]);
        arrays = undefined;
        for (let i = 0; i < 50 && files() > 0; i++) {
          gc();
          await setTimeout(20);
        }
        console.log(files());`,
      ],
      { encoding: 'utf8' },
    );
    expect(output).toBe('1 7 0\n0\n');
  });
});

it('usableMemory is no more than the machine has', () => {
  expect(usableMemory).toBeGreaterThan(2 ** 26);
  expect(usableMemory).toBeLessThanOrEqual(totalmem());
});
