import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { checkInteger, PinSageError, type PinSageErrorCode, ProcessGroup, takeGpu } from '@pinsage/native';
import type { LineSocket } from './line-socket.js';
import type { Farewell } from './messages.js';
import { join, type Meeting, Reception } from './rendezvous.js';

/** Milliseconds in which a worker hears why another one failed, when it knows that it did. */
const REASON_WITHIN = 2000;

export interface LeadOptions {
  /** Workers in all, 2 to 1024. */
  workers: number;
  /** Address of this machine under which the others reach it. Default '127.0.0.1', for workers on this machine. */
  host?: string;
  /** 0 takes a free one. Default 0. */
  port?: number;
  /** What the others have to know to be let in. Default: random. */
  token?: string;
  /** What they are told: plain JSON. Default null. */
  setup?: unknown;
  /** Milliseconds in which all have to come. Default 300,000. */
  timeout?: number;
  /** Called once workers can join. */
  onOpen?: (port: number, token: string) => void;
  signal?: AbortSignal;
}

export interface JoinOptions {
  host: string;
  port: number;
  token: string;
  /** From 1. Default: one that is free. */
  rank?: number;
  /** Milliseconds in which worker 0 and all others have to come. Default 300,000. */
  timeout?: number;
  signal?: AbortSignal;
}

/**
 * The processes of one training, on this machine or on several, as one of them sees them. Numbers go over a ProcessGroup; beside it each
 * has a connection to worker 0, over which it hears when another one ends, and why.
 */
export class Workers {
  readonly rank: number;
  readonly size: number;
  readonly group: ProcessGroup;
  /** What worker 0 says to all. */
  readonly setup: unknown;
  readonly #sockets: (LineSocket | undefined)[];
  #sharesGpu = false;
  #lost?: PinSageError;
  #hear: () => void = () => {};
  readonly #heard = new Promise<void>((resolve) => (this.#hear = resolve));
  #closed = false;

  private constructor({ group, sockets, setup }: Meeting) {
    this.rank = group.rank;
    this.size = group.size;
    this.group = group;
    this.setup = setup;
    this.#sockets = sockets;
    for (const [i, socket] of sockets.entries()) {
      if (socket === undefined) continue;
      socket.listen((message) => this.#farewell(message as Farewell));
      const gone = () =>
        this.#farewell({ left: i, failure: lossOf(i, this.size, 'it was killed, or its machine is gone') });
      socket.socket.once('close', gone);
      if (socket.socket.destroyed) gone();
    }
  }

  /** Becomes worker 0, and waits for the others. @throws PEER_LOST when they do not come · IO · MISSING_DEPENDENCY */
  static async lead(options: LeadOptions): Promise<Workers> {
    const { host = '127.0.0.1', port = 0, timeout = 300_000, setup = null, token, onOpen, signal } = options;
    const size = checkInteger('workers', options.workers, 2, 1024);
    needGloo();
    checkInteger('port', port, 0, 65_535);
    checkInteger('timeout', timeout, 1, 2 ** 31 - 1);
    const reception = await Reception.open({ host, port, size, token, setup });
    onOpen?.(reception.port, reception.token);
    return Workers.#of(await reception.meet(timeout, signal));
  }

  /** Becomes one of the others. @throws PEER_LOST when they do not come · INVALID_ARGUMENT when refused · MISSING_DEPENDENCY */
  static async join(options: JoinOptions): Promise<Workers> {
    const { host, token, rank, timeout = 300_000, signal } = options;
    const port = checkInteger('port', options.port, 1, 65_535);
    needGloo();
    if (rank !== undefined) checkInteger('rank', rank, 1, 1023);
    checkInteger('timeout', timeout, 1, 2 ** 31 - 1);
    return Workers.#of(await join({ host, port, token, rank: rank ?? null, timeout, signal }));
  }

  static async #of(meeting: Meeting): Promise<Workers> {
    const workers = new Workers(meeting);
    try {
      await workers.#takeGpus();
      return workers;
    } catch (error) {
      const cause = await workers.explain(error);
      await workers.close(cause);
      throw cause;
    }
  }

  /** Of the workers of a machine, each takes another GPU, as far as there are so many. */
  async #takeGpus(): Promise<void> {
    const { rank } = this;
    const machine = await machineId();
    const isHere = await this.#compare(machine);
    const gpu = takeGpu(isHere.slice(0, rank).filter(Boolean).length);
    const hasIt = await this.#compare(`${machine} ${gpu}`);
    this.#sharesGpu = gpu !== undefined && hasIt.filter(Boolean).length > 1;
  }

  /** Which of all workers, by rank, have the same text. */
  async #compare(text: string): Promise<boolean[]> {
    const all = await this.exchange([...createHash('sha256').update(text).digest()]);
    return all.map((each) => each.join() === all[this.rank].join());
  }

  /** Whether another worker of this machine has the same GPU. */
  get sharesGpu(): boolean {
    return this.#sharesGpu;
  }

  /** The numbers of all, by rank: as many of each. Waits as long as it takes. */
  async exchange(numbers: number[], signal?: AbortSignal): Promise<number[][]> {
    const all = new Float32Array(numbers.length * this.size);
    const counts = new Uint32Array(this.size).fill(numbers.length);
    const gathered = this.group.allGather(Float32Array.from(numbers), counts, all, true).settled();
    await unlessAborted(gathered, signal);
    return Array.from(counts, (count, rank) => [...all.subarray(rank * count, (rank + 1) * count)]);
  }

  /** Fills the arrays with worker 0's. Waits as long as it takes. */
  async broadcast(arrays: Float32Array[]): Promise<void> {
    for (const array of arrays) {
      const counts = new Uint32Array(this.size);
      counts[0] = array.length;
      const own = this.rank === 0 ? array.slice() : new Float32Array(0);
      await this.group.allGather(own, counts, array, true).settled();
    }
  }

  /** @param what such as 'other weights' @param digest 32 bytes @throws DIVERGED where those of the others differ */
  async checkSame(what: string, digest: Uint8Array): Promise<void> {
    const all = await this.exchange([...digest]);
    const others = all.flatMap((each, rank) => (each.join() === all[0].join() ? [] : [rank]));
    if (others.length > 0) {
      const who = others.length === 1 ? `Worker ${others[0]} has` : `Workers ${others.join(', ')} have`;
      throw new PinSageError('DIVERGED', `${who} ${what} than worker 0.`);
    }
  }

  /** What an error of a call that needs the others comes from: theirs, when one of them failed first. */
  async explain(error: unknown): Promise<unknown> {
    if (!(error instanceof PinSageError) || !['PEER_LOST', 'CLOSED'].includes(error.code)) return error;
    await Promise.race([this.#heard, aWhile()]);
    // The group names the process, when nobody can say why it is gone.
    if (error.code === 'PEER_LOST') this.#lost ??= new PinSageError(error.code, error.message, { cause: error });
    return this.#lost ?? error;
  }

  /** Takes leave of the others. @param failure why before the end */
  async close(failure?: unknown): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.group.close();
    const { code = 'INTERNAL', message = String(failure) } = (this.#lost ?? failure ?? {}) as Partial<PinSageError>;
    const farewell: Farewell = { left: this.rank, ...(failure !== undefined && { failure: { code, message } }) };
    await Promise.all(
      this.#sockets.map(async (each) => {
        if (each === undefined || each.socket.destroyed) return;
        const closed = new Promise<void>((resolve) => each.socket.once('close', () => resolve()));
        each.end(farewell);
        await Promise.race([closed, aWhile()]);
        each.socket.destroy();
      }),
    );
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** The first one that fails is the cause of what follows. */
  #farewell({ left, failure }: Farewell): void {
    if (this.#closed || this.#lost !== undefined) return;
    const { code, message } = failure ?? lossOf(left, this.size, 'it has ended');
    const known: PinSageErrorCode = code === 'ABORTED' || code === 'DIVERGED' ? code : 'PEER_LOST';
    // Who leaves because of another one's loss says whose.
    this.#lost = new PinSageError(known, code === 'PEER_LOST' ? message : lossOf(left, this.size, message).message);
    this.#hear();
    // One that has ended as it should may have sent numbers that are still to be read.
    if (failure === undefined) return;
    this.group.close();
    for (const [rank, each] of this.#sockets.entries())
      if (this.rank === 0 && rank !== left) each?.send({ left, failure });
  }
}

function lossOf(rank: number, size: number, reason: string): { code: string; message: string } {
  return { code: 'PEER_LOST', message: `Worker ${rank} of ${size} was lost: ${reason}` };
}

/** What processes of one machine, as long as it runs, have in common. */
async function machineId(): Promise<string> {
  // Machines made from one image may have the same name.
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
  return `${hostname()} ${boot}`;
}

/** Before anybody is called. @throws MISSING_DEPENDENCY */
function needGloo(): void {
  ProcessGroup.create({ rank: 0, size: 1 }).close();
}

/** As long as connections keep the process alive. */
function aWhile(): Promise<void> {
  return delay(REASON_WITHIN, undefined, { ref: false });
}

async function unlessAborted(promise: Promise<void>, signal?: AbortSignal): Promise<void> {
  if (signal === undefined) return promise;
  promise.catch(() => {});
  let stop = () => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
  });
  await Promise.race([promise, aborted]).finally(() => signal.removeEventListener('abort', stop));
}
