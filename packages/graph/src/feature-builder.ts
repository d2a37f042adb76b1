import type { DuckDBVector } from '@duckdb/node-api';
import { largeArray, type StoredTensor } from '@pinsage/native';
import { type Bag, hashValue, weighBag } from './encode.js';
import type { FeatureColumn, FeatureSpec, NumberStatistics } from './feature-column.js';
import { GrowingArray } from './growing-array.js';

const REMEMBERED = 50_000;

/** Makes one feature of all pins (or boards) other than vectors, from chunks of a DuckDB column in the order of their rows. */
export interface FeatureBuilder {
  add(vector: DuckDBVector): void;
  finish(): { column: FeatureColumn; tensors: Record<string, StoredTensor> };
}

export function featureBuilder(spec: FeatureSpec, pins: number): FeatureBuilder {
  return spec.kind === 'number' ? numberBuilder(spec, pins) : bagBuilder(spec, pins);
}

function bagBuilder(spec: FeatureSpec, pins: number): FeatureBuilder {
  const buckets = spec.buckets!;
  const offsets = new BigUint64Array(pins + 1);
  const rows = new GrowingArray(Uint32Array);
  const occurrences = new GrowingArray(Uint32Array);
  const hashed = new Map<unknown, Bag>(); // values come again and again: artists, materials, genres
  const hash = (value: unknown) => {
    let bag = hashed.get(value);
    if (bag === undefined) {
      bag = hashValue(spec, value);
      if (hashed.size < REMEMBERED) hashed.set(value, bag);
    }
    return bag;
  };
  let pin = 0;
  let missing = 0;
  return {
    add(vector) {
      for (let i = 0; i < vector.itemCount; i++) {
        const bag = hash(vector.getItem(i));
        for (const row of bag.rows) rows.push(row);
        for (const count of bag.occurrences) occurrences.push(count);
        if (bag.rows.length === 0) missing++;
        offsets[++pin] = BigInt(rows.length);
      }
    },
    finish() {
      const bag = rows.values();
      const idf = spec.kind === 'text' ? inverseFrequencies(bag, buckets, pins) : undefined;
      const weights = largeArray(Float32Array, bag.length);
      for (let i = 0; i < pins; i++) {
        weighBag(bag, occurrences.values(), Number(offsets[i]), Number(offsets[i + 1]), idf, weights);
      }
      return {
        column: { ...spec, width: 0, idf, missing },
        tensors: {
          [`${spec.name}.offsets`]: { dtype: 'U64', shape: [pins + 1], data: offsets },
          [`${spec.name}.rows`]: { dtype: 'U32', shape: [bag.length], data: bag },
          [`${spec.name}.weights`]: { dtype: 'F32', shape: [bag.length], data: weights },
          ...(idf && { [`${spec.name}.idf`]: { dtype: 'F32', shape: [buckets], data: idf } }),
        },
      };
    },
  };
}

/** A bag names a bucket once, so a bucket's entries are its pins. */
function inverseFrequencies(rows: Uint32Array, buckets: number, pins: number): Float32Array {
  const frequencies = new Uint32Array(buckets);
  for (const row of rows) frequencies[row]++;
  return Float32Array.from(frequencies, (frequency) => Math.log((1 + pins) / (1 + frequency)) + 1);
}

function numberBuilder(spec: FeatureSpec, pins: number): FeatureBuilder {
  const values = new Float32Array(pins);
  let pin = 0;
  return {
    add(vector) {
      for (let i = 0; i < vector.itemCount; i++) values[pin++] = (vector.getItem(i) as number | null) ?? Number.NaN;
    },
    finish() {
      const present = values.filter((value) => !Number.isNaN(value)).sort();
      return {
        column: { ...spec, width: 1, statistics: statistics(present), missing: pins - present.length },
        tensors: { [spec.name]: { dtype: 'F32', shape: [pins], data: values } },
      };
    },
  };
}

/** Zeros when there is no value at all. */
function statistics(sorted: Float32Array): NumberStatistics {
  const count = Math.max(sorted.length, 1);
  const mean = sorted.reduce((sum, value) => sum + value, 0) / count;
  const variance = sorted.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count;
  const quantiles = Array.from({ length: 33 }, (_, i) => {
    const at = (i / 32) * (sorted.length - 1);
    const low = sorted[Math.floor(at)] ?? 0;
    const high = sorted[Math.ceil(at)] ?? 0;
    return low + (high - low) * (at - Math.floor(at));
  });
  return { mean, std: Math.sqrt(variance), quantiles };
}
