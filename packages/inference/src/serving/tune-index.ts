import { searchVectors, type TaskOptions, type VectorIndex } from '@pinsage/native';
import type { Embeddings } from '../embeddings.js';
import { dot } from './vector-math.js';

/** Candidates of a search beyond those asked for, whose order is then found by their exact vectors: what a store of few bits mistakes. */
export const SPARE = 16;

/** Pins that are searched for: the mean of their recalls is known to about half a percent. */
const SAMPLE = 200;
const TOP = 10;
const RECALL = 0.99;
/** What two recalls differ by that are about the same. */
const ABOUT = 0.005;
const EXPANSIONS = [16, 32, 64, 128, 256, 512, 1024, 2048, 4096];

/** How an index is searched, and the share of the nearest ten that was found so. */
export interface Tuning {
  /** Candidates that are kept while searching. */
  expansion: number;
  recall: number;
}

/**
 * The fewest candidates with which a search finds .99 of the ten pins nearest to another; where no number does, the fewest that find
 * about as many as the most that are tried. What is enough depends on the vectors alone (trained ones lie together, random ones do
 * not), so that it is measured, on pins evenly spaced.
 */
export async function tuneExpansion(index: VectorIndex, embeddings: Embeddings, task: TaskOptions): Promise<Tuning> {
  const { signal, threads } = task;
  const sample = await sampleOf(embeddings, { signal, threads });
  const tried: Tuning[] = [];
  for (const expansion of EXPANSIONS) {
    const recall = await recallOf(sample, index, embeddings, { expansion, signal, threads });
    tried.push({ expansion, recall });
    if (recall >= RECALL) break;
  }
  const best = Math.max(...tried.map(({ recall }) => recall));
  return tried.find(({ recall }) => recall >= Math.min(RECALL, best - ABOUT)) as Tuning;
}

interface Sample {
  queries: Float32Array;
  /** Of each, its inner product with the last of its nearest: pins that are as near are as good. */
  worst: Float64Array;
  /** Nearest pins, the query's own among them. */
  top: number;
}

async function sampleOf(embeddings: Embeddings, task: TaskOptions): Promise<Sample> {
  const { pins, width, vectors } = embeddings;
  const count = Math.min(SAMPLE, pins);
  const queries = new Float32Array(count * width);
  for (let i = 0; i < count; i++) queries.set(embeddings.of(Math.floor((i * pins) / count)), i * width);
  const top = Math.min(TOP + 1, pins);
  const { scores } = await searchVectors(queries, vectors, { width, top, ...task });
  const worst = Float64Array.from({ length: count }, (_, i) => scores[(i + 1) * top - 1] - 1e-5);
  return { queries, worst, top };
}

async function recallOf(
  { queries, worst, top }: Sample,
  index: VectorIndex,
  embeddings: Embeddings,
  options: TaskOptions & { expansion: number },
): Promise<number> {
  const { width } = embeddings;
  const wanted = top + SPARE;
  const { ids, counts } = await index.search(queries, { top: wanted, ...options });
  const shares = Array.from(worst, (least, i) => {
    const query = queries.subarray(i * width, (i + 1) * width);
    const candidates = ids.subarray(i * wanted, i * wanted + counts[i]);
    const near = candidates.filter((candidate) => dot(query, embeddings.of(candidate)) >= least).length;
    return Math.max(0, Math.min(near, top) - 1) / Math.max(1, top - 1);
  });
  return shares.reduce((sum, share) => sum + share, 0) / Math.max(1, shares.length);
}
