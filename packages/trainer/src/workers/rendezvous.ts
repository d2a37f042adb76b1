import { randomBytes, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect as connectTcp, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { PinSageError, ProcessGroup } from '@pinsage/native';
import { LineSocket } from './line-socket.js';
import { type Addresses, type Hello, PROTOCOL, type Welcome } from './messages.js';

/** How one who is not known yet has to begin. */
const HELLO_WITHIN = 10_000;
const RETRY_AFTER = 200;

export interface Meeting {
  group: ProcessGroup;
  /** Of worker 0: to all others, by rank, and a hole for its own. Of the others: to worker 0 alone. */
  sockets: (LineSocket | undefined)[];
  setup: unknown;
}

/** Waits for the workers of one training, and lets nobody else in. */
export class Reception {
  readonly token: string;
  readonly #server: Server;
  readonly #sockets: (LineSocket | undefined)[];
  readonly #host: string;
  readonly #setup: unknown;
  #onJoined: () => void = () => {};

  private constructor(server: Server, size: number, host: string, token: string, setup: unknown) {
    this.#server = server;
    this.#host = host;
    this.#setup = setup;
    this.#sockets = Array.from({ length: size });
    this.token = token;
    server.on('connection', (socket) => this.#receive(new LineSocket(socket)));
  }

  /** @throws IO when the port is taken, or the host is not this machine's */
  static async open(options: {
    host: string;
    port: number;
    size: number;
    token?: string;
    setup: unknown;
  }): Promise<Reception> {
    const { host, port, size, token = randomBytes(16).toString('hex'), setup } = options;
    const server = createServer();
    server.listen(port, host);
    await once(server, 'listening').catch((cause: Error) => {
      throw new PinSageError('IO', `No worker can join at ${host}:${port}: ${cause.message}`, { cause });
    });
    return new Reception(server, size, host, token, setup);
  }

  /** Where workers join. */
  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Waits until all are there, and connects them. @param timeout milliseconds for all together */
  async meet(timeout: number, signal?: AbortSignal): Promise<Meeting> {
    const end = performance.now() + timeout;
    const size = this.#sockets.length;
    try {
      while (this.#missing > 0) {
        signal?.throwIfAborted();
        if (performance.now() > end) {
          const there = size - this.#missing;
          throw new PinSageError('PEER_LOST', `Only ${there} of ${size} workers came within ${timeout / 1000} s.`);
        }
        await Promise.race([new Promise<void>((resolve) => (this.#onJoined = resolve)), delay(RETRY_AFTER)]);
      }
      const group = ProcessGroup.create({ rank: 0, size, host: this.#host });
      try {
        await this.#connect(group, Math.max(1, end - performance.now()));
      } catch (error) {
        group.close();
        throw error;
      }
      return { group, sockets: this.#sockets, setup: this.#setup };
    } catch (error) {
      for (const each of this.#sockets) each?.socket.destroy();
      throw error;
    } finally {
      this.close();
    }
  }

  /** Nobody can join any more. */
  close(): void {
    this.#server.close();
  }

  get #missing(): number {
    return this.#sockets.filter((each, rank) => rank > 0 && each === undefined).length;
  }

  async #connect(group: ProcessGroup, timeout: number): Promise<void> {
    const others = this.#sockets.map((each, rank) =>
      rank === 0 ? Promise.resolve(toText(group.addresses)) : nextAddresses(each!, rank, timeout),
    );
    const addresses = await Promise.all(others);
    for (const [rank, each] of this.#sockets.entries()) {
      each?.send({ addresses: addresses.map((own) => own[rank]) } satisfies Addresses);
    }
    await group.connect(addresses.map((own) => Buffer.from(own[0], 'hex')));
  }

  async #receive(socket: LineSocket): Promise<void> {
    const hello = await socket.next(HELLO_WITHIN);
    if (hello === undefined) socket.socket.destroy();
    else this.#welcome(socket, hello as Hello);
  }

  #welcome(socket: LineSocket, hello: Hello): void {
    const free = this.#sockets.findIndex((each, rank) => rank > 0 && each === undefined);
    const rank = hello.rank ?? free;
    const refused = this.#refusal(hello, rank);
    if (refused !== undefined) {
      socket.end({ refused } satisfies Welcome);
      return;
    }
    this.#sockets[rank] = socket;
    socket.socket.once('close', () => {
      // Before all met, its place is free again.
      if (this.#server.listening) this.#sockets[rank] = undefined;
    });
    socket.send({ rank, size: this.#sockets.length, setup: this.#setup } satisfies Welcome);
    this.#onJoined();
  }

  /** Why this one is not let in. */
  #refusal({ pinsage, token }: Hello, rank: number): string | undefined {
    const size = this.#sockets.length;
    if (pinsage !== PROTOCOL) return `it speaks version ${pinsage}, not ${PROTOCOL}`;
    if (!sameToken(token, this.token)) return 'its token is not the one of this training';
    if (rank === -1) return `all ${size} workers are there`;
    if (!Number.isInteger(rank) || rank < 1 || rank >= size) return `rank ${rank} is not from 1 to ${size - 1}`;
    return this.#sockets[rank] === undefined ? undefined : `worker ${rank} is there already`;
  }
}

/** Joins the training that somebody leads elsewhere. Waits for him, when he is not there yet. */
export async function join(options: {
  host: string;
  port: number;
  token: string;
  rank: number | null;
  timeout: number;
  signal?: AbortSignal;
}): Promise<Meeting> {
  const { host, port, token, rank, timeout, signal } = options;
  const end = performance.now() + timeout;
  const left = () => Math.max(1, end - performance.now());
  const socket = new LineSocket(await dial(host, port, end, signal));
  try {
    socket.send({ pinsage: PROTOCOL, token, rank } satisfies Hello);
    const welcome = (await next(socket, left(), 0)) as Welcome;
    if ('refused' in welcome) {
      throw new PinSageError('INVALID_ARGUMENT', `${host}:${port} refused this worker: ${welcome.refused}.`);
    }
    const group = ProcessGroup.create({
      rank: welcome.rank,
      size: welcome.size,
      // The way that leads there leads back.
      host: socket.socket.localAddress!,
    });
    try {
      socket.send({ addresses: toText(group.addresses) } satisfies Addresses);
      const addresses = await nextAddresses(socket, 0, left());
      await group.connect(addresses.map((address) => Buffer.from(address, 'hex')));
    } catch (error) {
      group.close();
      throw error;
    }
    return { group, sockets: [socket], setup: welcome.setup };
  } catch (error) {
    socket.socket.destroy();
    throw error;
  }
}

async function dial(host: string, port: number, end: number, signal?: AbortSignal): Promise<Socket> {
  while (true) {
    signal?.throwIfAborted();
    const socket = connectTcp(port, host);
    try {
      await once(socket, 'connect', { signal });
      return socket;
    } catch (error) {
      socket.destroy();
      if (signal?.aborted || performance.now() > end) {
        const message = `Nobody leads a training at ${host}:${port}: ${(error as Error).message}`;
        throw signal?.aborted ? error : new PinSageError('PEER_LOST', message, { cause: error });
      }
      await delay(RETRY_AFTER);
    }
  }
}

async function nextAddresses(socket: LineSocket, rank: number, timeout: number): Promise<string[]> {
  const { addresses } = (await next(socket, timeout, rank)) as Addresses;
  if (!Array.isArray(addresses) || addresses.some((address) => typeof address !== 'string')) {
    throw new PinSageError('PEER_LOST', `Worker ${rank} said something else than its addresses.`);
  }
  return addresses;
}

async function next(socket: LineSocket, timeout: number, rank: number): Promise<object> {
  const message = await socket.next(timeout);
  if (message === undefined) throw new PinSageError('PEER_LOST', `Worker ${rank} left before all workers had met.`);
  return message;
}

function toText(addresses: Uint8Array[]): string[] {
  return addresses.map((address) => Buffer.from(address).toString('hex'));
}

function sameToken(given: unknown, token: string): boolean {
  const [a, b] = [Buffer.from(String(given)), Buffer.from(token)];
  return a.length === b.length && timingSafeEqual(a, b);
}
