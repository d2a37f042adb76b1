import { checkChoice, checkInteger, invalidArgument } from '@pinsage/native';

const FEATURE_KINDS = ['text', 'categories', 'number', 'dense'] as const;
export type FeatureKind = (typeof FEATURE_KINDS)[number];

/** A column of the pins' (or boards') input that becomes a feature. */
export interface FeatureSpec {
  /** The column's name, and the feature's. */
  name: string;
  kind: FeatureKind;
  /** Rows of the hash table, for text (default 65536) and categories (default 16384). */
  buckets?: number;
  /** What stands between categories in one cell. Default `|`. */
  separator?: string;
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
  /** Numbers. */
  statistics?: NumberStatistics;
  /** Pins (or boards) without a value. */
  missing: number;
}

const DEFAULT_BUCKETS = { text: 65536, categories: 16384 };

/** `name:kind` or `name:kind:buckets`, as the command line has it. The name may contain colons. */
export function parseFeatureSpec(text: string): FeatureSpec {
  const match = /^(.+?):(text|categories|number|dense)(?::(\d+))?$/.exec(text);
  if (match === null) {
    throw invalidArgument('feature', text, `name:kind or name:kind:buckets; kinds are ${FEATURE_KINDS.join(', ')}`);
  }
  const [, name, kind, buckets] = match;
  return checkFeatureSpec({ name, kind: kind as FeatureKind, ...(buckets && { buckets: Number(buckets) }) });
}

/** The spec with its defaults. */
export function checkFeatureSpec(spec: FeatureSpec): FeatureSpec {
  if (typeof spec?.name !== 'string' || spec.name === '') throw invalidArgument('feature.name', spec?.name, 'a column');
  const kind = checkChoice(`the kind of feature '${spec.name}'`, spec.kind, FEATURE_KINDS);
  if (kind === 'number' || kind === 'dense') {
    if (spec.buckets !== undefined)
      throw invalidArgument('feature.buckets', spec.buckets, 'for text and categories only');
    return { name: spec.name, kind };
  }
  const buckets = checkInteger('feature.buckets', spec.buckets ?? DEFAULT_BUCKETS[kind], 1, 2 ** 31 - 1);
  if (kind === 'text') return { name: spec.name, kind, buckets };
  const separator = spec.separator ?? '|';
  if (separator === '') throw invalidArgument('feature.separator', separator, 'at least one character');
  return { name: spec.name, kind, buckets, separator };
}
