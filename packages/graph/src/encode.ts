import { type GatheredFeature, invalidArgument, PinSageError } from '@pinsage/native';
import type { FeatureColumn, FeatureSpec } from './feature-column.js';
import { type BucketCounts, hashCategories, hashText, splitCategories } from './tokens.js';
import { keptAs } from './vectors/stored-vectors.js';

/**
 * Features of pins that are not in the dataset, from their raw values, in the form in which a batch gathers those of pins that are:
 * the same value gives the same bits as at import. A column that a row lacks (or has as null) is missing, as an empty cell is.
 *
 * @param rows One object a pin: strings for text; strings or arrays of strings for categories; numbers; arrays for dense vectors.
 * @param nameOf What a row is called in errors. Default: `rows[i]`
 * @throws INVALID_ARGUMENT when a value is not of its column's kind or width; NOT_FINITE for NaN and infinities.
 */
export function encodeFeatures(
  columns: FeatureColumn[],
  rows: Record<string, unknown>[],
  nameOf: (row: number) => string = (row) => `rows[${row}]`,
): GatheredFeature[] {
  return columns.map((column) => {
    const values = rows.map((row) => row[column.name] ?? undefined);
    return column.kind === 'text' || column.kind === 'categories'
      ? encodeBags(column, values)
      : encodeDense(column, values, (row) => `${nameOf(row)}.${column.name}`);
  });
}

/** A value's buckets, ascending, and how often it has each. */
export interface Bag {
  rows: number[];
  occurrences: number[];
}

/** The bag of one value of a hashed column; an empty one for a missing value. */
export function hashValue(column: FeatureSpec, value: unknown): Bag {
  const counts = countBuckets(column, value);
  const rows = [...counts.keys()].sort((a, b) => a - b);
  return { rows, occurrences: rows.map((row) => counts.get(row)!) };
}

function countBuckets(column: FeatureSpec, value: unknown): BucketCounts {
  if (value === undefined || value === null) return new Map();
  if (column.kind === 'text') return hashText(String(value), column.buckets!);
  return hashCategories(splitCategories(value, column.separator!), column.buckets!);
}

/** weights[from, to) of one pin's bag: occurrences times idf (1 where there is none), scaled to length 1. */
export function weighBag(
  rows: ArrayLike<number>,
  occurrences: ArrayLike<number>,
  from: number,
  to: number,
  idf: Float32Array | undefined,
  weights: Float32Array,
): void {
  const raw = (i: number) => occurrences[i] * (idf === undefined ? 1 : idf[rows[i]]);
  let squares = 0;
  for (let i = from; i < to; i++) squares += raw(i) ** 2;
  const length = Math.sqrt(squares);
  for (let i = from; i < to; i++) weights[i] = raw(i) / length;
}

function encodeBags(column: FeatureColumn, values: unknown[]): GatheredFeature {
  const offsets = new Int32Array(values.length + 1);
  const rows: number[] = [];
  const occurrences: number[] = [];
  values.forEach((value, i) => {
    const bag = hashValue(column, value);
    for (const row of bag.rows) rows.push(row);
    for (const count of bag.occurrences) occurrences.push(count);
    offsets[i + 1] = rows.length;
  });
  const weights = new Float32Array(rows.length);
  values.forEach((_, i) => {
    weighBag(rows, occurrences, offsets[i], offsets[i + 1], column.idf, weights);
  });
  return { kind: 'bag', offsets, rows: Int32Array.from(rows), weights };
}

/** Numbers, and vectors as they are once stored and gathered. */
function encodeDense(column: FeatureColumn, rows: unknown[], nameOf: (row: number) => string): GatheredFeature {
  const { width, kind, store = 'f32' } = column;
  const values = new Float32Array(rows.length * width);
  rows.forEach((row, i) => {
    const at = i * width;
    if (row === undefined) {
      if (kind === 'number') values[at] = Number.NaN;
      return;
    }
    const numbers = kind === 'number' ? [toNumber(nameOf(i), row)] : (row as ArrayLike<number>);
    if (numbers.length !== width) throw invalidArgument(nameOf(i), row, `${width} numbers`);
    for (let j = 0; j < width; j++) {
      const value = numbers[j];
      if (typeof value !== 'number') throw invalidArgument(nameOf(i), row, 'numbers');
      values[at + j] = value;
      if (!Number.isFinite(values[at + j])) {
        throw new PinSageError('NOT_FINITE', `${nameOf(i)} holds ${value}, which is not a finite 32-bit number.`);
      }
    }
    if (kind === 'dense') values.set(keptAs(nameOf(i), store, values.subarray(at, at + width)), at);
  });
  return { kind: 'dense', values, width };
}

function toNumber(name: string, value: unknown): number {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number !== 'number' || (typeof value === 'string' && Number.isNaN(number))) {
    throw invalidArgument(name, value, 'a number');
  }
  return number;
}
