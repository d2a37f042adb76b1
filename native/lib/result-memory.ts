import { invalidArgument } from './errors.js';

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
