import { addon } from './addon.js';
import { checkBoolean, checkChoice, checkInteger, fromNative, invalidArgument } from './errors.js';
import { runTask } from './task.js';
import { checkArray } from './typed-arrays.js';

/** How numbers travel between processes: 4 bytes each, or 2. */
export const WIRES = ['f32', 'f16', 'bf16'] as const;
export type Wire = (typeof WIRES)[number];

export interface ProcessGroupOptions {
  /** Of this process, from 0. */
  rank: number;
  /** Processes, 1 to 1024. */
  size: number;
  /** Address or name of this machine, under which the others reach it. Default '127.0.0.1', for processes of one machine. */
  host?: string;
  /**
   * Milliseconds that the others may take to answer in an operation: as long as the slowest computes before. One whose process ended is
   * noticed at once, one whose machine vanished within ten seconds; this is for what hangs. To connect they have a minute of it. Default
   * 1,800,000, half an hour.
   */
  timeout?: number;
}

/** Something that a group does on its own thread, in the order of the start. Its arrays are the group's until it is done. */
export interface Operation {
  /** Blocks until it is done. @throws PEER_LOST when a process ended or does not answer · CLOSED */
  wait(): void;
  /** The same without blocking. */
  settled(): Promise<void>;
}

/**
 * Processes, of this machine or of several, that sum and share numbers over TCP (Gloo). All of them start the same operations with the
 * same lengths in the same order; sums are made in the order of ranks, and are the same bits everywhere. The first failure ends the
 * group: each later call throws it again.
 *
 * A group begins with an exchange: process r gives `addresses[s]` to process s, and connects with what all others gave it. Whoever
 * reaches these addresses first is believed, so that they belong into a network whose members can be trusted.
 */
export class ProcessGroup {
  readonly rank: number;
  readonly size: number;
  readonly #handle: unknown;

  private constructor(rank: number, size: number, handle: unknown) {
    this.rank = rank;
    this.size = size;
    this.#handle = handle;
  }

  /** The addon's own, for other classes of this package. */
  get handle(): unknown {
    return this.#handle;
  }

  /** A group that waits for connections. @throws INVALID_ARGUMENT · MISSING_DEPENDENCY in a build without Gloo */
  static create(options: ProcessGroupOptions): ProcessGroup {
    const size = checkInteger('size', options.size, 1, 1024);
    const rank = checkInteger('rank', options.rank, 0, size - 1);
    const { host = '127.0.0.1', timeout = 1_800_000 } = options;
    if (typeof host !== 'string') throw invalidArgument('host', host, 'an address or name of this machine');
    checkInteger('timeout', timeout, 1, 86_400_000);
    return new ProcessGroup(
      rank,
      size,
      native(() => addon.createProcessGroup(rank, size, host, timeout)),
    );
  }

  /** [size] What the other processes have to know of this one. */
  get addresses(): Uint8Array[] {
    return native(() => addon.processGroupAddresses(this.#handle));
  }

  /** Connects with all others. Once. @param addresses [size] what each of them gave for this one @throws PEER_LOST */
  async connect(addresses: Uint8Array[]): Promise<void> {
    if (!Array.isArray(addresses) || addresses.length !== this.size) {
      throw invalidArgument('addresses', addresses, `an array of ${this.size}`);
    }
    for (const [i, address] of addresses.entries()) checkArray(`addresses[${i}]`, address, Uint8Array);
    // Small buffers of Node's are parts of a large one.
    const own = addresses.map((address) => Uint8Array.from(address));
    await runTask({}, (threads, control) => addon.connectProcessGroup(this.#handle, own, threads, control));
  }

  /** Bytes that this process has sent to others in operations. */
  get sent(): number {
    return addon.groupSent(this.#handle);
  }

  /**
   * In place: the sum over all processes of all numbers of the arrays.
   *
   * @param wire default 'f32'
   * @param widths [arrays] those that are not 0 are the row lengths of tables with few rows that are not 0 anywhere: the others do not
   *   travel. The sums are the same bits, but for 'f16', whose scale is then that of other numbers. Default: all numbers travel.
   */
  allReduce(arrays: Float32Array[], wire: Wire = 'f32', widths: readonly number[] = []): Operation {
    checkChoice('wire', wire, WIRES);
    if (!Array.isArray(arrays)) throw invalidArgument('arrays', arrays, 'an array of Float32Arrays');
    for (const [i, array] of arrays.entries()) checkArray(`arrays[${i}]`, array, Float32Array);
    if (!Array.isArray(widths)) throw invalidArgument('widths', widths, 'an array of integers');
    for (const [i, width] of widths.entries()) checkInteger(`widths[${i}]`, width, 0, 2 ** 32 - 1);
    return this.#operation(() =>
      addon.groupAllReduce(this.#handle, arrays, WIRES.indexOf(wire), Uint32Array.from(widths)),
    );
  }

  /**
   * The numbers of all processes, one behind the other by rank.
   *
   * @param own [counts[rank]]
   * @param counts [size] how many each process has
   * @param all [sum of counts] is filled
   * @param patient whether to wait as long as it takes, for processes that do something else meanwhile. One that ended is noticed all
   *   the same. Default false.
   */
  allGather(own: Float32Array, counts: Uint32Array, all: Float32Array, patient = false): Operation {
    this.#checkParts(own, counts, all);
    checkBoolean('patient', patient);
    return this.#operation(() => addon.groupAllGather(this.#handle, own, counts, all, patient));
  }

  /**
   * The other way round: the part that is this process's of the sum over all processes.
   *
   * @param all [sum of counts]
   * @param own [counts[rank]] is filled
   */
  reduceScatter(all: Float32Array, counts: Uint32Array, own: Float32Array): Operation {
    this.#checkParts(own, counts, all);
    return this.#operation(() => addon.groupReduceScatter(this.#handle, all, counts, own));
  }

  /** Ends what runs; later calls throw CLOSED, and the other processes hear that this one is gone. */
  close(): void {
    addon.closeProcessGroup(this.#handle);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #checkParts(own: Float32Array, counts: Uint32Array, all: Float32Array): void {
    checkArray('counts', counts, Uint32Array, this.size);
    checkArray('own', own, Float32Array, counts[this.rank]);
    checkArray(
      'all',
      all,
      Float32Array,
      counts.reduce((sum, count) => sum + count, 0),
    );
  }

  #operation(start: () => number): Operation {
    const number = native(start);
    return {
      wait: () => native(() => addon.groupWait(this.#handle, number)),
      settled: () => runTask({}, (threads, control) => addon.groupSettled(this.#handle, number, threads, control)),
    };
  }
}

function native<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw fromNative(error);
  }
}
