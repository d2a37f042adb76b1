import { type FileHandle, open, rm } from 'node:fs/promises';
import { ioError } from '@pinsage/native';

const PIECE = 2 ** 20;
/** Node.js writes at most 2 GiB at once. */
const LARGEST_WRITE = 2 ** 26;

/** A file of ours alone, written from its beginning to its end and then read in the same order. */
export class SpillFile {
  readonly #path: string;
  readonly #file: FileHandle;
  #bytes = 0;

  private constructor(path: string, file: FileHandle) {
    this.#path = path;
    this.#file = file;
  }

  static async create(path: string): Promise<SpillFile> {
    try {
      return new SpillFile(path, await open(path, 'wx+'));
    } catch (error) {
      throw ioError('creating', path, error);
    }
  }

  /** @throws IO, with "the disk is full" where it is. */
  async append({ buffer, byteOffset, byteLength }: ArrayBufferView): Promise<void> {
    const bytes = new Uint8Array(buffer, byteOffset, byteLength);
    try {
      for (let at = 0; at < bytes.length; ) {
        at += (await this.#file.write(bytes, at, Math.min(LARGEST_WRITE, bytes.length - at))).bytesWritten;
      }
    } catch (error) {
      throw ioError('writing', this.#path, error);
    }
    this.#bytes += bytes.length;
  }

  /** What was written, in pieces of a whole MiB but for the last. Each has memory of its own. */
  async *pieces(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < this.#bytes; at += PIECE) yield this.read(at, Math.min(PIECE, this.#bytes - at));
  }

  async read(position: number, length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; ) {
      const { bytesRead } = await this.#file.read(bytes, at, length - at, position + at);
      if (bytesRead === 0) throw new Error(`${this.#path} was cut short.`);
      at += bytesRead;
    }
    return bytes;
  }

  /** Gives its disk space back. */
  async remove(): Promise<void> {
    await this.#file.close();
    await rm(this.#path, { force: true });
  }
}
