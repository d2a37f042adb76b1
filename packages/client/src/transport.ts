import { errorOf, PinSageHttpError } from './errors.js';

export interface ClientOptions {
  /** Where the service is, such as `http://127.0.0.1:8080`; a path before the service's own is kept. */
  url: string;
  /** The API key, for services that want one. Default: none. */
  key?: string;
  /** Milliseconds that each try may take. Default 10,000. */
  timeout?: number;
  /** Further tries, with growing pauses, of what failed and can be asked again without harm. Default 2. */
  retries?: number;
  /** What sends requests. Default: the global fetch. */
  fetch?: typeof fetch;
}

export interface CallOptions {
  /** Stops waiting, and the service's work; the promise then rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** What an operation takes. */
export interface Request {
  /** What stands in the place of `{name}` in its path. */
  path?: Record<string, string | number>;
  query?: Record<string, string | number | undefined>;
  body?: unknown;
}

/** What the operations of a service answer, by their names. */
type Answers<Operations> = { [O in keyof Operations]: { answer: unknown } };

/** Whether an operation that failed can be asked again without harm. */
export type CanRepeat<Operations> = (operation: keyof Operations, error: PinSageHttpError) => boolean;

/** Milliseconds. */
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 10_000;

/** Sends operations to a service, each once or again. */
export class Transport<Operations extends Answers<Operations>> {
  readonly #operations: Record<keyof Operations, { method: string; path: string }>;
  readonly #canRepeat: CanRepeat<Operations>;
  readonly #base: URL;
  readonly #headers: Record<string, string>;
  readonly #timeout: number;
  readonly #retries: number;
  readonly #fetch: typeof fetch;

  /** @param canRepeat Default: as what changes nothing can be. */
  constructor(
    operations: Record<keyof Operations, { method: string; path: string }>,
    { url, key, timeout = 10_000, retries = 2, fetch = globalThis.fetch }: ClientOptions,
    canRepeat: CanRepeat<Operations> = (_, error) => canRepeatRead(error),
  ) {
    this.#operations = operations;
    this.#canRepeat = canRepeat;
    this.#base = new URL(url.endsWith('/') ? url : `${url}/`);
    this.#headers = key === undefined ? {} : { authorization: `Bearer ${key}` };
    this.#timeout = timeout;
    this.#retries = retries;
    this.#fetch = fetch;
  }

  async send<O extends keyof Operations>(
    operation: O,
    request: Request = {},
    { signal }: CallOptions = {},
  ): Promise<Operations[O]['answer']> {
    for (let failures = 0; ; ++failures) {
      try {
        return await this.#try(operation, request, signal);
      } catch (error) {
        signal?.throwIfAborted();
        if (failures >= this.#retries || !this.#canRepeat(operation, error as PinSageHttpError)) throw error;
        await pause(pauseAfter(failures, error as PinSageHttpError), signal);
      }
    }
  }

  async #try(operation: keyof Operations, request: Request, signal?: AbortSignal): Promise<unknown> {
    const { method, path } = this.#operations[operation];
    const json = request.body !== undefined;
    const late = AbortSignal.timeout(this.#timeout);
    const fetch = this.#fetch; // a browser's own refuses to be a method of something else
    try {
      const response = await fetch(this.#address(path, request), {
        method,
        headers: { ...this.#headers, ...(json && { 'content-type': 'application/json' }) },
        body: json ? JSON.stringify(request.body) : undefined,
        signal: signal === undefined ? late : AbortSignal.any([signal, late]),
      });
      if (!response.ok) throw await errorOf(response);
      return await answerOf(response);
    } catch (cause) {
      if (cause instanceof PinSageHttpError) throw cause;
      if (late.aborted) throw new PinSageHttpError('TIMEOUT', `No answer within ${this.#timeout} ms.`, { cause });
      throw new PinSageHttpError('NETWORK', `The service could not be asked: ${(cause as Error).message}`, { cause });
    }
  }

  #address(template: string, { path = {}, query = {} }: Request): URL {
    const filled = template.slice(1).replaceAll(/{(\w+)}/g, (_, name) => pathPart(name, String(path[name])));
    const url = new URL(filled, this.#base);
    for (const [name, value] of Object.entries(query))
      if (value !== undefined) url.searchParams.set(name, String(value));
    return url;
  }
}

/** Nothing was changed: whatever the service had no room for, or what did not reach it, can be asked again. */
export function canRepeatRead({ code, status }: PinSageHttpError): boolean {
  return status === 429 || status === 503 || code === 'NETWORK';
}

/** `.` and `..` would be taken for steps in the path, encoded or not. */
function pathPart(argument: string, value: string): string {
  if (value === '' || value === '.' || value === '..')
    throw new PinSageHttpError('INVALID_ARGUMENT', `'${value}' cannot be part of an address.`, { argument });
  return encodeURIComponent(value);
}

/** JSON, a text, or bytes. */
async function answerOf(response: Response): Promise<unknown> {
  const type = response.headers.get('content-type') ?? '';
  if (type.startsWith('application/json')) return response.json();
  return type === 'application/octet-stream' ? response.arrayBuffer() : response.text();
}

/** What the service suggests, or twice as long after each failure, with chance in it so that clients do not come back together. */
function pauseAfter(failures: number, { retryAfter }: PinSageHttpError): number {
  const pause = retryAfter === undefined ? FIRST_PAUSE * 2 ** failures * (0.5 + Math.random()) : retryAfter * 1000;
  return Math.min(LONGEST_PAUSE, pause);
}

function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, milliseconds);
    signal?.addEventListener('abort', stop, { once: true });
  });
}
