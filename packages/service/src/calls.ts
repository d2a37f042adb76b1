import { setMaxListeners } from 'node:events';
import { type Recommender, RecommenderSlot } from '@pinsage/inference';
import type { FastifyReply } from 'fastify';
import { ServiceError } from './errors.js';
import type { Gate } from './gate.js';
import type { ServiceOptions } from './options.js';

/** A request's work. The signal is aborted when its time is over and when the client leaves. */
export type Work<T> = (recommender: Recommender, signal: AbortSignal) => Promise<T>;

/** Does the work of requests: as many at once as the gate lets in, each for so long, and with the recommender that is there now. */
export class Calls {
  readonly #gate: Gate;
  readonly #timeout: number;
  #recommender?: Recommender | RecommenderSlot;
  #failed = false;
  #closing = false;

  /** @param timeout Milliseconds. */
  constructor(recommender: ServiceOptions['recommender'], gate: Gate, timeout: number) {
    this.#gate = gate;
    this.#timeout = timeout;
    Promise.resolve(recommender).then(
      (opened) => {
        this.#recommender = opened;
      },
      () => {
        this.#failed = true;
      },
    );
  }

  get state(): 'opening' | 'ready' | 'failed' | 'closing' {
    if (this.#closing) return 'closing';
    if (this.#failed) return 'failed';
    return this.#recommender === undefined ? 'opening' : 'ready';
  }

  /** From now on the service is not ready; work goes on. */
  close(): void {
    this.#closing = true;
  }

  /**
   * A request's work and its result.
   *
   * @throws ServiceError NOT_READY · OVERLOADED · TIMEOUT · CLIENT_CLOSED_REQUEST, and what the work throws
   */
  async run<T>(reply: FastifyReply, work: Work<T>): Promise<T> {
    const controller = new AbortController();
    const { signal } = controller;
    // Every query of a batch that is being worked on listens.
    setMaxListeners(0, signal);
    const late = () => controller.abort(new ServiceError('TIMEOUT', `This took more than ${this.#timeout} ms.`));
    const left = () => controller.abort(new ServiceError('CLIENT_CLOSED_REQUEST', 'The client has left.'));
    const timer = setTimeout(late, this.#timeout);
    reply.raw.once('close', left);
    try {
      return await this.#untilAborted(this.#work(work, signal), signal);
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    } finally {
      clearTimeout(timer);
      reply.raw.off('close', left);
    }
  }

  /** As `run`, for work that changes nothing: rows stay what they are until it is done, whatever is compacted meanwhile. */
  look<T>(reply: FastifyReply, work: Work<T>): Promise<T> {
    return this.run(reply, (recommender, signal) => recommender.use((now) => work(now, signal)));
  }

  /** Looks at the recommender, without waiting and beside the gate: for what costs nothing. Undefined while there is none. */
  async peek<T>(look: (recommender: Recommender) => T): Promise<T | undefined> {
    return this.#recommender && this.#use(this.#recommender, async (recommender) => look(recommender));
  }

  /** The place is kept until the work is done, also when nobody waits for it any more. */
  async #work<T>(work: Work<T>, signal: AbortSignal): Promise<T> {
    await this.#gate.enter(signal);
    try {
      const recommender = this.#recommender;
      if (recommender === undefined)
        throw new ServiceError('NOT_READY', 'The service is still opening its run.', { retryAfter: 1 });
      return await this.#use(recommender, (now) => work(now, signal));
    } finally {
      this.#gate.leave();
    }
  }

  #use<T>(given: Recommender | RecommenderSlot, work: (recommender: Recommender) => Promise<T>): Promise<T> {
    return given instanceof RecommenderSlot ? given.use(work) : work(given);
  }

  /** What the work gives, or an error as soon as the signal is aborted: not all work can be stopped at once. */
  #untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      work.then(resolve, reject);
    });
  }
}
