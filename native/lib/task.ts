import { checkBoolean, checkInteger, fromNative, PinSageError } from './errors.js';

/** What every long call takes. */
export interface TaskOptions {
  /** Stops the native work too, within 100 ms; the promise then rejects with code `ABORTED`. */
  signal?: AbortSignal;
  /** Called about ten times a second while the call runs, and once at its end. Units are the call's own (pins, edges…). */
  onProgress?: (done: number, total: number) => void;
  /** Threads for this call. Default: the process-wide number (`setThreads`). */
  threads?: number;
  /**
   * Gives the call only processor time that no other thread wants (on Linux; elsewhere it runs as others do): for what will be
   * needed later, like the next batch. Default false.
   */
  background?: boolean;
}

const CANCEL = 0;
const DONE = 1;
const TOTAL = 2;

/**
 * Runs one native call. `start` passes `threads` and `control` (a BigInt64Array of cancel, done, total, background, which the
 * native side reads and writes while it runs) to the addon and returns its promise.
 */
export async function runTask<T>(
  options: TaskOptions,
  start: (threads: number, control: BigInt64Array) => Promise<T>,
): Promise<T> {
  const { signal, onProgress } = options;
  const threads = options.threads === undefined ? 0 : checkInteger('threads', options.threads, 1, 1024);
  const background = checkBoolean('background', options.background ?? false);
  if (signal?.aborted) throw aborted(signal);
  const control = BigInt64Array.of(0n, 0n, 0n, background ? 1n : 0n);
  const cancel = () => Atomics.store(control, CANCEL, 1n);
  const report = () => onProgress?.(Number(Atomics.load(control, DONE)), Number(Atomics.load(control, TOTAL)));
  const timer = onProgress === undefined ? undefined : setInterval(report, 100);
  signal?.addEventListener('abort', cancel, { once: true });
  try {
    const result = await start(threads, control);
    report();
    return result;
  } catch (error) {
    const converted = fromNative(error);
    throw converted instanceof PinSageError && converted.code === 'ABORTED' && signal ? aborted(signal) : converted;
  } finally {
    clearInterval(timer);
    signal?.removeEventListener('abort', cancel);
  }
}

function aborted(signal: AbortSignal): PinSageError {
  return new PinSageError('ABORTED', 'The call was aborted.', { cause: signal.reason });
}
