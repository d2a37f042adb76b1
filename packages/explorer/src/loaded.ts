import type { CallOptions } from '@pinsage/client';
import { type ReadonlySignal, signal } from '@preact/signals';
import { failureOf } from './api.js';

/** What was asked for, as far as it is there. */
export type Loaded<T> =
  | { status: 'none' }
  | { status: 'loading' }
  | { status: 'ready'; value: T }
  | { status: 'failed'; message: string; code: number };

/** Something from the service; asking again gives up what was asked before. */
export class Resource<T> {
  readonly #state = signal<Loaded<T>>({ status: 'none' });
  #asked?: AbortController;

  get state(): ReadonlySignal<Loaded<T>> {
    return this.#state;
  }

  async load(ask: (options: CallOptions) => Promise<T>): Promise<void> {
    this.#asked?.abort();
    const asked = new AbortController();
    this.#asked = asked;
    // What is shown stays until its successor is there.
    if (this.#state.peek().status !== 'ready') this.#state.value = { status: 'loading' };
    try {
      const value = await ask({ signal: asked.signal });
      if (!asked.signal.aborted) this.#state.value = { status: 'ready', value };
    } catch (error) {
      if (asked.signal.aborted) return;
      this.#state.value = { status: 'failed', ...failureOf(error) };
    }
  }

  clear(): void {
    this.#asked?.abort();
    this.#state.value = { status: 'none' };
  }
}
