/** Clients that are remembered; the one that has been away the longest is forgotten first. */
const CLIENTS = 10_000;

interface Bucket {
  tokens: number;
  /** Milliseconds. */
  at: number;
}

/**
 * Requests per second of each client by a token bucket, which holds as many tokens as two seconds give: one that has been still may
 * send that many at once.
 */
export class RateLimit {
  readonly #perSecond: number;
  readonly #now: () => number;
  readonly #buckets = new Map<string, Bucket>();

  constructor(perSecond: number, now: () => number = () => performance.now()) {
    this.#perSecond = perSecond;
    this.#now = now;
  }

  /** Takes a client's token. @returns 0, or the seconds until there is one */
  take(client: string): number {
    const now = this.#now();
    const full = Math.max(1, 2 * this.#perSecond);
    const { tokens, at } = this.#buckets.get(client) ?? { tokens: full, at: now };
    const filled = Math.min(full, tokens + ((now - at) / 1000) * this.#perSecond);
    this.#remember(client, { tokens: filled >= 1 ? filled - 1 : filled, at: now });
    return filled >= 1 ? 0 : (1 - filled) / this.#perSecond;
  }

  #remember(client: string, bucket: Bucket): void {
    this.#buckets.delete(client);
    this.#buckets.set(client, bucket);
    if (this.#buckets.size > CLIENTS) this.#buckets.delete(this.#buckets.keys().next().value as string);
  }
}
