import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { PinSageError } from '@pinsage/native';

/**
 * What goes through the pipes: frames, each its length (u32, little-endian) and so many bytes. A stream is its frames and an empty one,
 * so that one that is cut off is never taken for a whole one.
 */
export class FrameReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array(0);

  constructor(input: Readable) {
    this.#chunks = input[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  }

  /** The next frame; undefined where the input ends. @throws PinSageError IO when it ends within a frame */
  async next(): Promise<Uint8Array | undefined> {
    const length = new Uint8Array(4);
    const filled = await this.#fill(length);
    if (filled === 0) return undefined;
    const frame = new Uint8Array(new DataView(length.buffer).getUint32(0, true));
    if (filled < length.length || (await this.#fill(frame)) < frame.length)
      throw new PinSageError('IO', 'The input ends within a frame.');
    return frame;
  }

  /** The frames up to an empty one. @throws PinSageError IO when there is none */
  async *stream(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const frame = await this.next();
      if (frame === undefined) throw new PinSageError('IO', 'The input ends within a stream.');
      if (frame.length === 0) return;
      yield frame;
    }
  }

  /** @returns how many bytes there were, fewer than asked for where the input ends */
  async #fill(bytes: Uint8Array): Promise<number> {
    let filled = 0;
    while (filled < bytes.length) {
      if (this.#rest.length === 0) {
        const { value, done } = await this.#chunks.next();
        if (done) break;
        this.#rest = value;
      }
      const taken = Math.min(bytes.length - filled, this.#rest.length);
      bytes.set(this.#rest.subarray(0, taken), filled);
      this.#rest = this.#rest.subarray(taken);
      filled += taken;
    }
    return filled;
  }
}

/** Resolves when the output can take more. An empty frame ends a stream. */
export async function writeFrame(output: Writable, frame: Uint8Array): Promise<void> {
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, frame.length, true);
  output.write(length);
  if (frame.length > 0 && !output.write(frame)) await once(output, 'drain');
}
