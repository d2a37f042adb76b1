import { tensorKernels } from '@pinsage/native';

/** What the pool holds at the moment. */
export interface PoolStatistics {
  /** Buffers that tensors use. */
  liveBuffers: number;
  liveBytes: number;
  /** Buffers that wait for the next tensor of their size. */
  freeBuffers: number;
  freeBytes: number;
}

interface FreeBuffer {
  buffer: ArrayBuffer;
  /** When it came back, in calls of acquire(). */
  since: number;
}

/** How often the pool looks at what it really needs, in calls of acquire(). */
const WINDOW = 20_000;
const SLACK_BYTES = 64 * 2 ** 20;

/**
 * Reuses native buffers by size class, so that a training loop, which makes the same tensors in every step, allocates nothing.
 * It keeps at most a quarter more (and 64 MiB) than was in use at once during the last two windows.
 */
export class Pool {
  readonly #free = new Map<number, FreeBuffer[]>();
  #liveBuffers = 0;
  #liveBytes = 0;
  #freeBuffers = 0;
  #freeBytes = 0;
  #clock = 0;
  #peak = 0;
  #previousPeak = 0;

  /** A buffer of at least this many bytes, not cleared. */
  acquire(bytes: number): ArrayBuffer {
    const size = sizeClass(bytes);
    this.#clock += 1;
    if (this.#clock % WINDOW === 0) this.#turnWindow();
    this.#liveBuffers += 1;
    this.#liveBytes += size;
    this.#peak = Math.max(this.#peak, this.#liveBytes);
    const found = this.#free.get(size)?.pop();
    if (found === undefined) {
      this.#trim();
      return tensorKernels.allocate(size);
    }
    this.#freeBuffers -= 1;
    this.#freeBytes -= size;
    return found.buffer;
  }

  /** Takes a buffer back that nobody reads or writes any more. */
  release(buffer: ArrayBuffer): void {
    const size = buffer.byteLength;
    this.forget(buffer);
    let list = this.#free.get(size);
    if (list === undefined) {
      list = [];
      this.#free.set(size, list);
    }
    list.push({ buffer, since: this.#clock });
    this.#freeBuffers += 1;
    this.#freeBytes += size;
  }

  /** Leaves a buffer to the garbage collector, because somebody outside may hold on to it. */
  forget(buffer: ArrayBuffer): void {
    this.#liveBuffers -= 1;
    this.#liveBytes -= buffer.byteLength;
  }

  get statistics(): PoolStatistics {
    return {
      liveBuffers: this.#liveBuffers,
      liveBytes: this.#liveBytes,
      freeBuffers: this.#freeBuffers,
      freeBytes: this.#freeBytes,
    };
  }

  #turnWindow(): void {
    this.#previousPeak = this.#peak;
    this.#peak = this.#liveBytes;
    this.#trim();
  }

  /** Gives back what has waited longest, until the pool is as small as it should be. */
  #trim(): void {
    const allowed = 1.25 * Math.max(this.#peak, this.#previousPeak) + SLACK_BYTES;
    while (this.#freeBytes > 0 && this.#liveBytes + this.#freeBytes > allowed) {
      let oldest: FreeBuffer[] | undefined;
      for (const list of this.#free.values()) {
        if (list.length > 0 && (oldest === undefined || list[0].since < oldest[0].since)) oldest = list;
      }
      const { buffer } = oldest!.shift()!;
      this.#freeBuffers -= 1;
      this.#freeBytes -= buffer.byteLength;
      tensorKernels.release(buffer);
    }
  }
}

/** Eight sizes for each power of two, from 64 bytes on: at most an eighth of a buffer is unused. */
function sizeClass(bytes: number): number {
  if (bytes <= 64) return 64;
  const step = Math.max(64, 2 ** (Math.ceil(Math.log2(bytes)) - 4));
  return Math.ceil(bytes / step) * step;
}
