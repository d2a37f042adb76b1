import { setImmediate } from 'node:timers/promises';
import { PinSageError } from '@pinsage/native';
import { describeError, type ErrorBody } from './errors.js';

export interface BatchItem<T> {
  pins?: T[];
  error?: ErrorBody;
}

/** Queries of one batch that are worked on at once, so that it leaves room for other requests. */
const AT_ONCE = 8;

/** Answers each query of a batch. One that asks for what is not there has an error in its place; any other error ends the batch. */
export async function batch<Q, T>(
  queries: Q[],
  answer: (query: Q) => Promise<T[]>,
): Promise<{ results: BatchItem<T>[] }> {
  const results: BatchItem<T>[] = Array(queries.length);
  let next = 0;
  const work = async () => {
    while (next < queries.length) {
      const at = next++;
      results[at] = await answer(queries[at]).then((pins) => ({ pins }), itsError);
      // Quick answers would follow each other before any timer or other request has its turn.
      await setImmediate();
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, queries.length) }, work));
  return { results };
}

function itsError(error: unknown): { error: ErrorBody } {
  if (error instanceof PinSageError && (error.code === 'NOT_FOUND' || error.code === 'INVALID_ARGUMENT'))
    return { error: describeError(error).body };
  throw error;
}
