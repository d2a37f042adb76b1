import { ServiceError } from './errors.js';

/** Lets a number of requests in at once and some more wait, in their order; those beyond are turned away at once. */
export class Gate {
  readonly #places: number;
  readonly #queue: number;
  #running = 0;
  readonly #waiting = new Set<() => void>();

  /** @param places Requests that run at once. @param queue Requests that may wait. */
  constructor(places: number, queue: number) {
    this.#places = places;
    this.#queue = queue;
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** Resolves when there is a place, which `leave` gives back. @throws ServiceError OVERLOADED; what the signal was aborted with */
  async enter(signal: AbortSignal): Promise<void> {
    if (this.#running < this.#places) {
      this.#running++;
      return;
    }
    if (this.#waiting.size >= this.#queue)
      throw new ServiceError('OVERLOADED', 'Too many requests are waiting already.', { retryAfter: 1 });
    await this.#wait(signal);
  }

  leave(): void {
    const [next] = this.#waiting;
    if (next === undefined) this.#running--;
    else next(); // The place goes to the next one.
  }

  #wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const enter = () => {
        this.#waiting.delete(enter);
        signal.removeEventListener('abort', give);
        resolve();
      };
      const give = () => {
        this.#waiting.delete(enter);
        reject(signal.reason);
      };
      this.#waiting.add(enter);
      signal.addEventListener('abort', give, { once: true });
    });
  }
}
