import { PinSageError } from '@pinsage/native';
import { type OpenOptions, Recommender } from '../recommender.js';

/** A recommender and the requests that are using it. */
interface Lease {
  recommender: Recommender;
  running: Set<Promise<unknown>>;
}

/** The place of a service's recommender: another run can be put in without a request failing. */
export class RecommenderSlot {
  #lease: Lease;
  #swapping: Promise<void> = Promise.resolve();
  #closed?: Promise<void>;

  private constructor(recommender: Recommender) {
    this.#lease = { recommender, running: new Set() };
  }

  /** Opens a run as `Recommender.open` does. */
  static async open(run: string, options?: OpenOptions): Promise<RecommenderSlot> {
    return new RecommenderSlot(await Recommender.open(run, options));
  }

  /**
   * Does a request's work with the recommender that is there now, which stays open until the work is done.
   * @throws PinSageError CLOSED
   */
  async use<T>(work: (recommender: Recommender) => Promise<T>): Promise<T> {
    this.#check();
    const { recommender, running } = this.#lease;
    const promise = work(recommender);
    running.add(promise);
    try {
      return await promise;
    } finally {
      running.delete(promise);
    }
  }

  /**
   * Opens another run, or the same one anew, beside the current one; gives it to all requests from then on; and closes the old one
   * when the last request that uses it is done. Swaps are made one after the other. When the run cannot be opened nothing changes.
   *
   * @returns Resolves when the old one is closed.
   */
  swap(run: string, options?: OpenOptions): Promise<void> {
    const swap = this.#swapping.then(async () => {
      this.#check();
      const old = this.#lease;
      this.#lease = { recommender: await Recommender.open(run, options), running: new Set() };
      await finish(old);
    });
    this.#swapping = swap.catch(() => {});
    return swap;
  }

  /** Resolves when swaps and requests that were running are done. */
  close(): Promise<void> {
    this.#closed ??= this.#swapping.then(() => finish(this.#lease));
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #check(): void {
    if (this.#closed !== undefined) throw new PinSageError('CLOSED', 'The recommender is closed.');
  }
}

async function finish({ recommender, running }: Lease): Promise<void> {
  await Promise.allSettled(running);
  await recommender.close();
}
