import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';

/**
 * Recommenders in threads of their own, so that what is computed in JavaScript (a new pin's embedding, diversity, the columns) does
 * not hold up the event loop of the service. All threads map the same files: their memory is there once.
 */
export class RecommenderPool {
  #workers;
  #pending = new Map();
  #next = 0;

  constructor(workers) {
    this.#workers = workers.map((worker) => ({ worker, busy: 0 }));
    for (const entry of this.#workers) {
      entry.worker.on('message', (message) => this.#settle(entry, message));
      entry.worker.on('exit', () => this.#lose(entry));
    }
  }

  static async open(run, threads = availableParallelism()) {
    const file = new URL('./worker.mjs', import.meta.url);
    const workers = Array.from({ length: threads }, () => new Worker(file, { workerData: { run } }));
    // A worker that cannot open the run ends with its error, which `once` throws.
    await Promise.all(workers.map((worker) => once(worker, 'message')));
    return new RecommenderPool(workers);
  }

  related = (...args) => this.#call('related', args);
  homeFeed = (...args) => this.#call('homeFeed', args);
  embed = (...args) => this.#call('embed', args);
  relatedTo = (...args) => this.#call('relatedTo', args);

  async close() {
    const ended = this.#workers.map(({ worker }) => once(worker, 'exit'));
    for (const { worker } of this.#workers) worker.postMessage({ method: 'close' });
    await Promise.all(ended);
  }

  /** Gives the call to the worker with the fewest that are running. */
  #call(method, args) {
    if (this.#workers.length === 0) return Promise.reject(new Error('No worker is left.'));
    const entry = this.#workers.reduce((least, other) => (other.busy < least.busy ? other : least));
    const id = ++this.#next;
    entry.busy++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { entry, resolve, reject });
      entry.worker.postMessage({ id, method, args });
    });
  }

  #settle(entry, { id, result, error }) {
    const { resolve, reject } = this.#pending.get(id);
    this.#pending.delete(id);
    entry.busy--;
    if (error) reject(Object.assign(new Error(error.message), { code: error.code }));
    else resolve(result);
  }

  #lose(entry) {
    this.#workers = this.#workers.filter((other) => other !== entry);
    for (const [id, call] of this.#pending) {
      if (call.entry !== entry) continue;
      this.#pending.delete(id);
      call.reject(new Error('The worker ended before it answered.'));
    }
  }
}
