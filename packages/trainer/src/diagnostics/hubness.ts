import type { TaskOptions } from '@pinsage/native';
import type { RandomStream } from '../random.js';
import { occurrences } from './occurrences.js';
import { skewness } from './skewness.js';

const K = 10;
const CATALOGUE = 20_000;
const QUERIES = 2000;
const HUBS = 10;

/** Whether a few pins are near everything (Radovanović et al., JMLR 2010). */
export interface Hubness {
  k: number;
  /** Pins, drawn at random, that were searched for each other: of them N_k has the mean k, whatever the catalogue's size. */
  pins: number;
  /** Of N_k over these pins: 0 without hubs. */
  skewness: number;
  /** The share of these pins that are among nobody's k nearest. */
  antihubs: number;
  /** Pins, drawn at random, that asked all pins for `hubs`. */
  queries: number;
  /** The pins that are among the k nearest of most queries. */
  hubs: { pin: number; occurrences: number }[];
}

/** @param vectors [pins, width] */
export async function hubness(
  { vectors, width }: { vectors: Float32Array; width: number },
  random: RandomStream,
  options: TaskOptions = {},
): Promise<Hubness> {
  const pins = vectors.length / width;
  const drawn = random.sample(pins, CATALOGUE);
  const among = new Float32Array(drawn.length * width);
  for (const [i, pin] of drawn.entries()) among.set(vectors.subarray(pin * width, (pin + 1) * width), i * width);
  const own = await occurrences(among, width, Uint32Array.from(drawn.keys()), K, options);
  const queries = random.sample(pins, QUERIES);
  const counts = await occurrences(vectors, width, queries, K, options);
  return {
    k: K,
    pins: drawn.length,
    skewness: skewness(own),
    antihubs: own.reduce((none, count) => none + Number(count === 0), 0) / own.length,
    queries: queries.length,
    hubs: largest(counts, HUBS),
  };
}

function largest(counts: Uint32Array, n: number): Hubness['hubs'] {
  return Array.from(counts.keys())
    .filter((pin) => counts[pin] > 0)
    .sort((a, b) => counts[b] - counts[a] || a - b)
    .slice(0, n)
    .map((pin) => ({ pin, occurrences: counts[pin] }));
}
