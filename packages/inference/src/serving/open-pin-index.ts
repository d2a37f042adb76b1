import { checkChoice } from '@pinsage/native';
import type { Embeddings } from '../embeddings.js';
import { ExactIndex } from './exact-index.js';
import { HnswIndex } from './hnsw-index.js';
import { type OpenIndexOptions, openIndex } from './index-file.js';
import type { PinIndex } from './pin-index.js';
import { RowVectors } from './row-vectors.js';

const SEARCHES = ['auto', 'exact', 'hnsw'] as const;
export type Search = (typeof SEARCHES)[number];

/** Up to so many pins, looking at all of them takes no longer than a millisecond. */
const EXACT_PINS = 5000;

/** Search over embeddings, by the index in their directory where they have one. */
export async function openPinIndex(
  embeddings: Embeddings,
  options: OpenIndexOptions & { search?: Search } = {},
): Promise<PinIndex> {
  const search = checkChoice('search', options.search ?? 'auto', SEARCHES);
  const vectors = new RowVectors(embeddings.vectors, embeddings.width);
  const { directory, pins } = embeddings;
  const exact = search === 'exact' || directory === undefined || (search === 'auto' && pins <= EXACT_PINS);
  return exact ? new ExactIndex(vectors) : new HnswIndex(vectors, await openIndex(directory, embeddings, options));
}
