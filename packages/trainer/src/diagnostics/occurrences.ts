import { searchVectors, type TaskOptions } from '@pinsage/native';

const PADDING = 0xffffffff;

/**
 * N_k: how often each candidate is among the k nearest of a query, itself left out (Radovanović et al., JMLR 2010).
 *
 * @param vectors [candidates, width]
 * @param queries candidates that ask
 * @returns [candidates]
 */
export async function occurrences(
  vectors: Float32Array,
  width: number,
  queries: Uint32Array,
  k: number,
  options: TaskOptions = {},
): Promise<Uint32Array> {
  const asking = new Float32Array(queries.length * width);
  for (const [i, pin] of queries.entries()) asking.set(vectors.subarray(pin * width, (pin + 1) * width), i * width);
  const exclude = { offsets: Uint32Array.from({ length: queries.length + 1 }, (_, i) => i), ids: queries };
  const { ids } = await searchVectors(asking, vectors, { ...options, width, top: k, exclude });
  const counts = new Uint32Array(vectors.length / width);
  for (const id of ids) if (id !== PADDING) counts[id] += 1;
  return counts;
}
