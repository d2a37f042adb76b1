import { totalmem } from 'node:os';
import { addon } from './addon.js';
import { checkInteger, fromNative } from './errors.js';
import { releasable } from './result-memory.js';

/** Bytes of memory that this process may use: the machine's or, where that is less, its control group's. */
export const usableMemory: number = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);

addon.setUsableMemory(usableMemory);

/** A class of typed arrays. */
export type ArrayType<T> = { new (buffer: ArrayBuffer): T; BYTES_PER_ELEMENT: number };

/**
 * An array of zeros outside the JavaScript heap. Where memory is short it lies in an unnamed file in TMPDIR (default `/tmp`), which is
 * gone when the array is, or the process. `release` gives it back at once.
 *
 * @throws OUT_OF_MEMORY when there is room for it in neither, or Node.js has no arrays of this size
 */
export function largeArray<T extends object>(type: ArrayType<T>, length: number): T {
  checkInteger('length', length, 0, 2 ** 43);
  try {
    const buffer: ArrayBuffer = addon.allocate(length * type.BYTES_PER_ELEMENT);
    return releasable(new type(buffer), [buffer]);
  } catch (error) {
    throw fromNative(error);
  }
}
