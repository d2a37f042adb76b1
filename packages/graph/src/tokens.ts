import { murmur3 } from './murmur3.js';

// Kinds of tokens are hashed with seeds of their own, so that a word and a category of the same letters differ.
const WORD = 1;
const BIGRAM = 2;
const CATEGORY = 3;

/** How often each bucket of a hashed column occurs in one value. */
export type BucketCounts = Map<number, number>;

/** The buckets of a text: its lower-cased Unicode words, and its pairs of neighbouring words. */
export function hashText(text: string, buckets: number): BucketCounts {
  const counts: BucketCounts = new Map();
  const words =
    text
      .normalize('NFKC')
      .toLowerCase()
      .match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
  words.forEach((word, i) => {
    count(counts, murmur3(word, WORD) % buckets);
    if (i > 0) count(counts, murmur3(`${words[i - 1]} ${word}`, BIGRAM) % buckets);
  });
  return counts;
}

/** The buckets of a set of categories. */
export function hashCategories(categories: Iterable<string>, buckets: number): BucketCounts {
  const counts: BucketCounts = new Map();
  for (const category of new Set(categories)) count(counts, murmur3(category, CATEGORY) % buckets);
  return counts;
}

/** The categories of a cell: an array, a JSON array, or a text with a separator. */
export function splitCategories(value: unknown, separator: string): string[] {
  const parts = Array.isArray(value) ? value : (parseList(value) ?? String(value).split(separator));
  return parts.map((part) => String(part).trim()).filter((part) => part !== '');
}

function parseList(value: unknown): unknown[] | undefined {
  if (typeof value !== 'string' || !value.startsWith('[')) return undefined;
  try {
    return JSON.parse(value) as unknown[];
  } catch {
    return undefined;
  }
}

function count(counts: BucketCounts, bucket: number): void {
  counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
}
