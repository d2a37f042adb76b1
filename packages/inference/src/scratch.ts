import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { largeArray, MappedFile, release, usableMemory } from '@pinsage/native';

/**
 * Arrays in memory, up to a quarter of it, and beyond that in mapped files, which the system writes out when memory is short. All are given
 * back by close(); disk space also when the process ends.
 */
export class Scratch {
  readonly #directory: string;
  readonly #files: MappedFile[] = [];
  readonly #arrays: Float32Array[] = [];

  private constructor(directory: string) {
    this.#directory = directory;
  }

  /** @param parent Default: the system's directory for temporary files. */
  static async create(parent = tmpdir()): Promise<Scratch> {
    return new Scratch(await mkdtemp(join(parent, 'pinsage-scratch-')));
  }

  floats(length: number): Float32Array {
    const held = this.#arrays.reduce((sum, { byteLength }) => sum + byteLength, 0);
    if (held + length * 4 <= usableMemory / 4) {
      const array = largeArray(Float32Array, length);
      this.#arrays.push(array);
      return array;
    }
    const file = MappedFile.create(join(this.#directory, String(this.#files.length)), length * 4);
    this.#files.push(file);
    return new Float32Array(file.buffer);
  }

  /** To be called when a part of what was written is complete: where it is in a file, it goes there at once rather than at the last moment. */
  async written(array: Float32Array, begin: number, end: number): Promise<void> {
    const file = this.#files.find(({ buffer }) => buffer === array.buffer);
    await file?.flush(begin * 4, (end - begin) * 4);
  }

  /** To be called once all arrays are made: from here on nothing is left behind even if the process is killed. */
  async unlink(): Promise<void> {
    if (process.platform !== 'win32') await rm(this.#directory, { recursive: true, force: true });
  }

  async close(): Promise<void> {
    for (const array of this.#arrays) release(array);
    for (const file of this.#files) file.close();
    await rm(this.#directory, { recursive: true, force: true });
  }
}
