import { checkChoice, checkInteger, invalidArgument } from '@pinsage/native';
import { isQuery } from './open-source.js';
import { isArrayFile } from './vectors/array-file.js';
import { VECTOR_STORES, type VectorStore } from './vectors/stored-vectors.js';

const FEATURE_KINDS = ['text', 'categories', 'number', 'dense'] as const;
export type FeatureKind = (typeof FEATURE_KINDS)[number];

/** A column of the pins' (or boards') input that becomes a feature, or a file of their vectors. */
export interface FeatureSpec {
  /** The feature's name, and the column's. */
  name: string;
  kind: FeatureKind;
  /** Rows of the hash table, for text (default 65536) and categories (default 16384). */
  buckets?: number;
  /** What stands between categories in one cell. Default `|`. */
  separator?: string;
  /**
   * Dense: the vectors' own file, when they are no column of the input: .npy, .safetensors, .parquet or a DuckDB query. A table has
   * ids beside the vectors.
   */
  file?: string;
  /**
   * Dense: the ids of a .npy or .safetensors file's rows: a table, or integers in .npy. Default: the tensor `ids` of a .safetensors
   * file; else the rows are those of the pins' (or boards') input.
   */
  ids?: string;
  /**
   * Dense: how a number is kept. `f16` takes half the memory of `f32`; `i8`, with a scale for each vector, a quarter. Default `f16` for
   * vectors with a file of their own, else `f32`.
   */
  store?: VectorStore;
}

export interface NumberStatistics {
  /** Of the pins (or boards) that have a value. */
  mean: number;
  std: number;
  /** 33 values: the minimum, every 1/32 between, the maximum. */
  quantiles: number[];
}

/** A feature of a dataset, and what is needed to encode new pins as the import did. */
export interface FeatureColumn {
  name: string;
  kind: FeatureKind;
  /** Numbers a row: the vector's length for `dense`, 1 for `number`, 0 for the hashed kinds. */
  width: number;
  /** Hashed kinds: rows of the table. */
  buckets?: number;
  /** Categories: what stands between them. */
  separator?: string;
  /** Text: [buckets], ln((1 + n) / (1 + n with the bucket)) + 1, of n pins (or boards). */
  idf?: Float32Array;
  /** Dense: how a number is kept; missing in datasets of version 1, which kept all as `f32`. */
  store?: VectorStore;
  /** Numbers. */
  statistics?: NumberStatistics;
  /** Pins (or boards) without a value. */
  missing: number;
}

const DEFAULT_BUCKETS = { text: 65536, categories: 16384 };

/**
 * `name:kind`, `name:kind:buckets`, `name:dense:store`, and `name:dense=file` or `name:dense=file@ids`, as the command line has it.
 * The name may contain colons.
 */
export function parseFeatureSpec(text: string): FeatureSpec {
  const match = /^(.+?):(text|categories|number|dense)(?::(\d+|f32|f16|i8))?(?:=(.+))?$/s.exec(text);
  if (match === null) {
    const allowed = 'name:kind, name:kind:buckets, name:dense:store or name:dense=file';
    throw invalidArgument('feature', text, `${allowed}; kinds are ${FEATURE_KINDS.join(', ')}`);
  }
  const [, name, kind, size, place] = match;
  const option =
    size === undefined ? {} : /^\d/.test(size) ? { buckets: Number(size) } : { store: size as VectorStore };
  const [, file = place, ids] = /^(.+\.(?:npy|safetensors))@(.+)$/s.exec(place ?? '') ?? [];
  return checkFeatureSpec({ name, kind: kind as FeatureKind, ...option, ...(file && { file }), ...(ids && { ids }) });
}

/** The spec with its defaults. */
export function checkFeatureSpec(spec: FeatureSpec): FeatureSpec {
  if (typeof spec?.name !== 'string' || spec.name === '') throw invalidArgument('feature.name', spec?.name, 'a column');
  const { name } = spec;
  const kind = checkChoice(`the kind of feature '${name}'`, spec.kind, FEATURE_KINDS);
  const isHashed = kind === 'text' || kind === 'categories';
  if (!isHashed && spec.buckets !== undefined) {
    throw invalidArgument('feature.buckets', spec.buckets, 'for text and categories only');
  }
  if (kind === 'dense') return checkDense(spec);
  for (const field of ['file', 'ids', 'store'] as const) {
    if (spec[field] !== undefined) throw invalidArgument(`feature.${field}`, spec[field], 'for dense vectors only');
  }
  if (!isHashed) return { name, kind };
  const buckets = checkInteger('feature.buckets', spec.buckets ?? DEFAULT_BUCKETS[kind], 1, 2 ** 31 - 1);
  if (kind === 'text') return { name, kind, buckets };
  const separator = spec.separator ?? '|';
  if (separator === '') throw invalidArgument('feature.separator', separator, 'at least one character');
  return { name, kind, buckets, separator };
}

function checkDense({ name, file, ids, store }: FeatureSpec): FeatureSpec {
  checkChoice('feature.store', store ?? 'f32', VECTOR_STORES);
  if (file === undefined) {
    if (ids !== undefined) throw invalidArgument('feature.ids', ids, 'for vectors with a file of their own only');
    return { name, kind: 'dense', ...(store && { store }) };
  }
  if (typeof file !== 'string' || !(isArrayFile(file) || file.endsWith('.parquet') || isQuery(file))) {
    throw invalidArgument('feature.file', file, '.npy, .safetensors, .parquet, or a query that gives ids and vectors');
  }
  if (ids === undefined) return { name, kind: 'dense', file, store: store ?? 'f16' };
  if (typeof ids !== 'string' || !isArrayFile(file)) {
    throw invalidArgument('feature.ids', ids, 'a file, for .npy and .safetensors; a table has its ids in a column');
  }
  return { name, kind: 'dense', file, ids, store: store ?? 'f16' };
}
