export interface Produced<T> {
  value: T;
  /** Seconds that the consumer had to wait for it. */
  waited: number;
}

/**
 * Makes the values of `first`, `first + 1`, … below `end`, with up to `ahead` of them under way while the consumer works on an
 * earlier one, and yields them in order. The work itself should happen on other threads.
 *
 * When the consumer leaves early, or one value fails, what is under way is told to stop through the signal and waited for, so that
 * nothing runs on after the iteration's end.
 */
export async function* produce<T>(
  first: number,
  end: number,
  ahead: number,
  make: (index: number, signal: AbortSignal) => Promise<T>,
): AsyncGenerator<Produced<T>, void, void> {
  const stop = new AbortController();
  const queue: Promise<T>[] = [];
  let next = first;
  const fill = () => {
    while (next < end && queue.length < ahead) {
      const promise = make(next++, stop.signal);
      // A failure is reported when its turn comes; until then it is not an unhandled rejection.
      promise.catch(() => {});
      queue.push(promise);
    }
  };
  try {
    fill();
    while (queue.length > 0) {
      const start = performance.now();
      const value = await queue[0];
      const waited = (performance.now() - start) / 1000;
      queue.shift();
      fill();
      yield { value, waited };
    }
  } finally {
    stop.abort();
    await Promise.allSettled(queue);
  }
}
