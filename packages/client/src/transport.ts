import { errorOf, PinSageHttpError } from './errors.js';
import { OPERATIONS, type Operations } from './schema.js';

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

export type Operation = keyof Operations;

/** What an operation takes. */
export interface Request {
  path?: { id: string };
  query?: Record<string, string | number | undefined>;
  body?: unknown;
}

/** What changes something: tried again only when the service has said that it did not begin. */
const WRITES: ReadonlySet<Operation> = new Set(['addPins', 'addEdges', 'removePin', 'swap'] as const);
const NOT_BEGUN = new Set(['RATE_LIMITED', 'OVERLOADED', 'NOT_READY']);

/** Milliseconds. */
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 10_000;

/** Sends operations to a service, each once or again. */
export class Transport {
  readonly #base: URL;
  readonly #headers: Record<string, string>;
  readonly #timeout: number;
  readonly #retries: number;
  readonly #fetch: typeof fetch;

  constructor({ url, key, timeout = 10_000, retries = 2, fetch = globalThis.fetch }: ClientOptions) {
    this.#base = new URL(url.endsWith('/') ? url : `${url}/`);
    this.#headers = key === undefined ? {} : { authorization: `Bearer ${key}` };
    this.#timeout = timeout;
    this.#retries = retries;
    this.#fetch = fetch;
  }

  async send<O extends Operation>(
    operation: O,
    request: Request,
    { signal }: CallOptions,
  ): Promise<Operations[O]['answer']> {
    for (let failures = 0; ; ++failures) {
      try {
        return await this.#try(operation, request, signal);
      } catch (error) {
        signal?.throwIfAborted();
        if (failures >= this.#retries || !canRepeat(operation, error as PinSageHttpError)) throw error;
        await pause(pauseAfter(failures, error as PinSageHttpError), signal);
      }
    }
  }

  async #try<O extends Operation>(
    operation: O,
    request: Request,
    signal?: AbortSignal,
  ): Promise<Operations[O]['answer']> {
    const { method } = OPERATIONS[operation];
    const json = request.body !== undefined;
    const late = AbortSignal.timeout(this.#timeout);
    try {
      const response = await this.#fetch(this.#address(operation, request), {
        method,
        headers: { ...this.#headers, ...(json && { 'content-type': 'application/json' }) },
        body: json ? JSON.stringify(request.body) : undefined,
        signal: signal === undefined ? late : AbortSignal.any([signal, late]),
      });
      if (!response.ok) throw await errorOf(response);
      return (await answerOf(response)) as Operations[O]['answer'];
    } catch (cause) {
      if (cause instanceof PinSageHttpError) throw cause;
      if (late.aborted) throw new PinSageHttpError('TIMEOUT', `No answer within ${this.#timeout} ms.`, { cause });
      throw new PinSageHttpError('NETWORK', `The service could not be asked: ${(cause as Error).message}`, { cause });
    }
  }

  #address(operation: Operation, { path, query = {} }: Request): URL {
    const template = OPERATIONS[operation].path.slice(1);
    const url = new URL(path === undefined ? template : template.replace('{id}', () => pathPart(path.id)), this.#base);
    for (const [name, value] of Object.entries(query))
      if (value !== undefined) url.searchParams.set(name, String(value));
    return url;
  }
}

/** `.` and `..` would be taken for steps in the path, encoded or not. */
function pathPart(id: string): string {
  if (id === '' || id === '.' || id === '..')
    throw new PinSageHttpError('INVALID_ARGUMENT', `'${id}' cannot be part of an address.`, { argument: 'id' });
  return encodeURIComponent(id);
}

async function answerOf(response: Response): Promise<unknown> {
  const json = response.headers.get('content-type')?.startsWith('application/json');
  return json ? response.json() : response.text();
}

function canRepeat(operation: Operation, { code, status }: PinSageHttpError): boolean {
  if (WRITES.has(operation)) return NOT_BEGUN.has(code);
  // That it is not ready is an answer.
  if (operation === 'ready') return code === 'NETWORK';
  return status === 429 || status === 503 || code === 'NETWORK';
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
