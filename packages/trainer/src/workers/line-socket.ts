import type { Socket } from 'node:net';

/** Longer lines are nothing that one of ours sends. */
const LONGEST = 2 ** 24;
/** Milliseconds without a word after which the system asks the other machine whether it is there; it gives up ten seconds later. */
const KEEP_ALIVE = 1000;

/** Objects over a TCP connection, a line of JSON each. What is no such line ends the connection. */
export class LineSocket {
  readonly socket: Socket;
  readonly #received: object[] = [];
  #text = '';
  #listener?: (message: object) => void;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.setEncoding('utf8').setNoDelay(true).setKeepAlive(true, KEEP_ALIVE);
    // 'close' follows, which is what is waited for.
    socket.on('error', () => {});
    socket.on('data', (text) => this.#read(String(text)));
  }

  /** Takes each message, also those that came before. */
  listen(listener: (message: object) => void): void {
    this.#listener = listener;
    this.#deliver();
  }

  /** The next message. undefined when the connection ended, or time is up. @param timeout milliseconds */
  next(timeout: number): Promise<object | undefined> {
    return new Promise((resolve) => {
      const settle = (message?: object) => {
        clearTimeout(timer);
        this.socket.off('close', gone);
        this.#listener = undefined;
        resolve(message);
      };
      const gone = () => settle();
      const timer = setTimeout(gone, timeout);
      this.socket.once('close', gone);
      if (this.socket.destroyed) gone();
      else this.listen(settle);
    });
  }

  send(message: object): void {
    if (this.socket.writable) this.socket.write(`${JSON.stringify(message)}\n`);
  }

  /** Sends a last message. */
  end(message: object): void {
    if (this.socket.writable) this.socket.end(`${JSON.stringify(message)}\n`);
  }

  #read(text: string): void {
    const lines = (this.#text + text).split('\n');
    this.#text = lines.pop()!;
    if (this.#text.length > LONGEST) this.socket.destroy();
    for (const line of lines) {
      const message = parse(line);
      if (message === undefined) {
        this.socket.destroy();
        return;
      }
      this.#received.push(message);
    }
    this.#deliver();
  }

  /** A listener may want one message only. */
  #deliver(): void {
    while (this.#listener !== undefined && this.#received.length > 0) this.#listener(this.#received.shift()!);
  }
}

function parse(line: string): object | undefined {
  try {
    const message: unknown = JSON.parse(line);
    return typeof message === 'object' && message !== null ? message : undefined;
  } catch {
    return undefined;
  }
}
