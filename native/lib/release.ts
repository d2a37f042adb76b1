import { addon } from './addon.js';
import type { Batch } from './batch.js';
import { invalidArgument } from './errors.js';
import type { GatheredFeature } from './features.js';

/** The memory of each result that its owner may give back. The buffers of its arrays would not do: others may have been put there. */
const memory = new WeakMap<object, ArrayBuffer[]>();

/** A result whose memory lies in these buffers, until it is taken. */
export function releasable<Result extends object>(result: Result, buffers: ArrayBuffer[]): Result {
  memory.set(result, buffers);
  return result;
}

/** The memory of a result, which is then no longer the result's: nobody else can take it. */
export function takeMemory(argument: string, result: object, allowed: string): ArrayBuffer[] {
  const buffers = memory.get(result);
  if (buffers === undefined) throw invalidArgument(argument, result, allowed);
  memory.delete(result);
  return buffers;
}

/**
 * Gives the memory of a result back at once, rather than when it is collected as garbage: the next call has it, and a program that
 * makes batch after batch needs less. The result's arrays are empty from then on (length 0). A call that was given some of them
 * and still runs is not disturbed.
 *
 * @param result of `Graph.batch` (with its features) or `gatherFeatures`
 * @throws INVALID_ARGUMENT for any other object, and for a result that was released already or is being filled again.
 */
export function release(result: Batch | GatheredFeature[]): void {
  const buffers = takeMemory('result', result, 'a result of Graph.batch or gatherFeatures that nobody has released');
  for (const buffer of buffers) addon.release(buffer);
}
