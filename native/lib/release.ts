import { addon } from './addon.js';
import type { Batch } from './batch.js';
import type { CsrRows } from './csr.js';
import type { GatheredFeature } from './features.js';
import { takeMemory } from './result-memory.js';

/**
 * Gives the memory of a result back at once, rather than when it is collected as garbage: the next call has it, and a program that
 * makes batch after batch needs less. The result's arrays are empty from then on (length 0). A call that was given some of them
 * and still runs is not disturbed.
 *
 * @param result of `Graph.batch` (with its features), `Graph.pageRank`, `gatherFeatures`, `buildRows` or `largeArray`
 * @throws INVALID_ARGUMENT for any other object, and for a result that was released already or is being filled again.
 */
export function release(result: Batch | Float32Array | GatheredFeature[] | CsrRows): void {
  const allowed =
    'a result of Graph.batch, Graph.pageRank, gatherFeatures, buildRows or largeArray that nobody has released';
  const buffers = takeMemory('result', result, allowed);
  for (const buffer of buffers) addon.release(buffer);
}
