import { invalidArgument, PinSageError } from '@pinsage/native';
import { type OpenOptions, Recommender } from '../recommender.js';
import { realPath } from './real-path.js';

/** A recommender and the requests that are using it. */
interface Lease {
  recommender: Recommender;
  /** The run's directory. */
  directory: string;
  running: Set<Promise<unknown>>;
}

/** The place of a service's recommender: another run can be put in without a request failing. */
export class RecommenderSlot {
  #lease: Lease;
  #swapping: Promise<void> = Promise.resolve();
  #closed?: Promise<void>;

  private constructor(lease: Lease) {
    this.#lease = lease;
  }

  /** Opens a run as `Recommender.open` does. */
  static async open(run: string, options?: OpenOptions): Promise<RecommenderSlot> {
    return new RecommenderSlot(await lease(await realPath(run), options));
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
   * With `live` it has to be another run. What was added to the old one and removed is made in the new one too, embedded by its model;
   * changes that come meanwhile are made in one of the two and are in the new one as well.
   *
   * @returns Resolves when the old one is closed.
   * @throws PinSageError as `Recommender.open` and `Recommender.handOver` do
   */
  swap(run: string, options?: OpenOptions): Promise<void> {
    const swap = this.#swapping.then(async () => {
      this.#check();
      const old = this.#lease;
      const directory = await realPath(run);
      const live = old.recommender.live !== undefined;
      if (live && directory === old.directory) {
        const allowed =
          'another run than the one that is being changed, or a symbolic link that leads to another one now';
        throw invalidArgument('run', run, allowed);
      }
      const next = await lease(directory, options);
      const switchOver = () => {
        this.#lease = next;
      };
      try {
        if (live) await old.recommender.handOver(next.recommender, switchOver);
        else switchOver();
      } catch (error) {
        await next.recommender.close();
        throw error;
      }
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

async function lease(directory: string, options?: OpenOptions): Promise<Lease> {
  return { recommender: await Recommender.open(directory, options), directory, running: new Set() };
}

async function finish({ recommender, running }: Lease): Promise<void> {
  await Promise.allSettled(running);
  await recommender.close();
}
