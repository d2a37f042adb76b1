import type { Recommender, RecommenderSlot } from '@pinsage/inference';
import { checkInteger, checkNumber } from '@pinsage/native';
import type { FastifyBaseLogger } from 'fastify';
import type { ApiKeys } from './keys.js';

export interface Limits {
  /** Bytes of a request's body; larger ones get 413. Default 1 MiB. */
  body?: number;
  /** Requests per second of each client address, twice as many at once; more get 429. Default 0: any number. */
  rate?: number;
  /** Requests that work at once. Default 64. */
  concurrency?: number;
  /** Requests that wait while as many work; more get 503. Default 256. */
  queue?: number;
  /** Milliseconds that a request may wait and work; then its work is stopped and it gets 504. Default 10,000. */
  timeout?: number;
  /** Milliseconds that a client may take to send a request's headers, and as many for all of it; then it gets 408. Default 10,000. */
  receive?: number;
  /** Queries or pins of one batch. Default 256. */
  batch?: number;
  /** Pins of one list. Default 1000. */
  top?: number;
}

export interface ServiceOptions {
  /**
   * What answers: a recommender, or a slot in which it can be swapped; the caller closes it after the service. While a promise is
   * open /ready is 503, and so are the queries.
   */
  recommender: Recommender | RecommenderSlot | Promise<Recommender | RecommenderSlot>;
  /** Keys of those who may write. Default: none, and nobody may. */
  keys?: ApiKeys;
  /** Reading takes a key, too. Default false. */
  keysForReads?: boolean;
  limits?: Limits;
  /** Where the log goes: a pino logger. Default: nowhere. */
  logger?: FastifyBaseLogger;
  /** Origins whose pages may call the service, `*` for all. Default: none. */
  cors?: string[];
  /** Addresses or networks of proxies whose `X-Forwarded-For` is believed, `true` for all. Default: none. */
  trustProxy?: boolean | string[];
  /** Puts a newly trained run in the place of the current one: what POST /v1/admin/swap does. Default: it is not offered. */
  swap?: () => Promise<void>;
  /**
   * Directory of the explorer's built files, or false for neither the page nor its endpoints. Default: those of @pinsage/explorer, where
   * they are.
   */
  explorer?: string | false;
}

const DAY = 86_400_000;

/** Limits with their defaults, checked. */
export function completeLimits(limits: Limits = {}): Required<Limits> {
  return {
    body: checkInteger('limits.body', limits.body ?? 2 ** 20, 1, 2 ** 30),
    rate: checkNumber('limits.rate', limits.rate ?? 0, 0, 1e6),
    concurrency: checkInteger('limits.concurrency', limits.concurrency ?? 64, 1, 10_000),
    queue: checkInteger('limits.queue', limits.queue ?? 256, 0, 100_000),
    timeout: checkInteger('limits.timeout', limits.timeout ?? 10_000, 1, DAY),
    receive: checkInteger('limits.receive', limits.receive ?? 10_000, 1, DAY),
    batch: checkInteger('limits.batch', limits.batch ?? 256, 1, 10_000),
    top: checkInteger('limits.top', limits.top ?? 1000, 1, 10_000),
  };
}
