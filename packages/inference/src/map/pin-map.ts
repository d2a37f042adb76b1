import { Worker } from 'node:worker_threads';
import { Embeddings } from '../embeddings.js';
import { readMap } from './map-file.js';
import type { PlacedPins } from './place-pins.js';

/** What the worker says. */
export type MapMessage = { progress: number } | { placed: PlacedPins; unsaved?: string };

export type MapState =
  /** `progress` from 0 to 1. */
  | { status: 'computing'; progress: number }
  /** `unsaved`: why the run could not keep it. */
  | { status: 'ready'; placed: PlacedPins; unsaved?: string }
  | { status: 'failed'; reason: string };

export interface PinMapOptions {
  /** Threads of the native work. Default: all. */
  threads?: number;
}

/**
 * Places of all pins of a run in the plane, near ones alike. They are computed once, in the background, and kept in the run's
 * `map.safetensors`.
 */
export class PinMap {
  #state: MapState = { status: 'computing', progress: 0 };
  #worker?: Worker;
  readonly #done: Promise<void>;

  private constructor(run: string, placed: PlacedPins | undefined, options: PinMapOptions) {
    if (placed === undefined) {
      this.#done = this.#compute(run, options);
    } else {
      this.#state = { status: 'ready', placed };
      this.#done = Promise.resolve();
    }
  }

  /**
   * Takes the run's map when it has one of its embeddings as they are, and otherwise begins to make it.
   *
   * @throws PinSageError FILE_NOT_FOUND, FILE_CORRUPT for a directory without embeddings
   */
  static async open(run: string, options: PinMapOptions = {}): Promise<PinMap> {
    using embeddings = await Embeddings.open(run);
    const { digest, pins } = embeddings;
    const kept = digest === undefined ? undefined : await readMap(run, digest, pins);
    return new PinMap(run, kept, options);
  }

  get state(): MapState {
    return this.#state;
  }

  /** Resolves when the map is ready, or has failed. */
  done(): Promise<void> {
    return this.#done;
  }

  /** Stops the work. */
  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #compute(run: string, { threads }: PinMapOptions): Promise<void> {
    const worker = new Worker(new URL('./map-worker.js', import.meta.url), { workerData: { run, threads } });
    this.#worker = worker;
    worker.unref();
    worker.on('message', (message: MapMessage) => {
      this.#state = 'progress' in message ? { status: 'computing', ...message } : { status: 'ready', ...message };
    });
    worker.on('error', (error: Error) => {
      this.#state = { status: 'failed', reason: error.message };
    });
    return new Promise((resolve) => {
      worker.on('exit', () => {
        if (this.#state.status === 'computing') this.#state = { status: 'failed', reason: 'it was stopped' };
        resolve();
      });
    });
  }
}
