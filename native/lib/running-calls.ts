import { PinSageError } from './errors.js';
import { runTask, type TaskOptions } from './task.js';

/** The native calls of a handle that are running. Once it is closed it takes no more. */
export class RunningCalls {
  readonly #what: string;
  readonly #running = new Set<Promise<unknown>>();
  #closed: Promise<void> | undefined;

  /** @param what As a sentence begins: `The graph`. */
  constructor(what: string) {
    this.#what = what;
  }

  /** @throws CLOSED */
  check(): void {
    if (this.#closed !== undefined) throw new PinSageError('CLOSED', `${this.#what} is closed.`);
  }

  /** As runTask. The caller has checked. */
  run<T>(options: TaskOptions, start: (threads: number, control: BigInt64Array) => Promise<T>): Promise<T> {
    const task = runTask(options, start);
    this.#running.add(task);
    const done = () => this.#running.delete(task);
    task.then(done, done);
    return task;
  }

  /** Closes the handle, and frees what it holds when the calls that run are done. Again, it is the same promise. */
  close(free: () => void): Promise<void> {
    this.#closed ??= Promise.allSettled(this.#running).then(free);
    return this.#closed;
  }
}
