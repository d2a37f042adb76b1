import type { Dataset } from '@pinsage/graph';
import { invalidArgument } from '@pinsage/native';

export type FilterValue = string | number | bigint | boolean | null;

/** What a column has to be: one of the values, within bounds, or none of the values. */
export type FilterCondition =
  | FilterValue
  | FilterValue[]
  | {
      gte?: string | number | bigint;
      gt?: string | number | bigint;
      lte?: string | number | bigint;
      lt?: string | number | bigint;
      not?: FilterValue | FilterValue[];
    };

/**
 * Conditions over the pins' columns, all of which must hold: `{ year: { gte: 1900 }, artist: ['Turner', 'Blake'] }`. A missing value
 * fulfils `null`, and `not` of anything but null. Of a column of lists, or of categories in one text, one item has to be among the values.
 * A column of texts (all columns of a CSV or JSON file are) is compared as what the values are: as numbers with numbers, where those
 * that are no number count as missing.
 */
export type Filter = Record<string, FilterCondition>;

export type ColumnKind = 'text' | 'number' | 'boolean' | 'time' | 'list';

/** A column that filters may name. */
export interface FilterColumn {
  name: string;
  /** undefined: as what it is compared depends on the values. */
  kind?: ColumnKind;
  /** Whether the table holds texts, whatever the kind. */
  stored: 'text' | 'typed';
  /** What parts the items of a list that is one text. */
  separator?: string;
}

const BOUNDS = ['gte', 'gt', 'lte', 'lt'] as const;
export type Bound = (typeof BOUNDS)[number];

/** One checked condition. */
export interface Condition {
  column: FilterColumn;
  /** As what the column and the values are compared. */
  kind: ColumnKind;
  operator: 'in' | 'notIn' | Bound;
  /** One for a bound. */
  values: FilterValue[];
}

/** Values of one condition at most. */
const MOST_VALUES = 1000;

/** The columns of a dataset's pins that filters may name. */
export async function filterColumns(dataset: Dataset): Promise<Map<string, FilterColumn>> {
  const columns = new Map<string, FilterColumn>();
  for (const [name, type] of await dataset.columns('pin')) {
    if (type === 'VARCHAR') {
      const feature = dataset.features.find((feature) => feature.name === name);
      const kind = feature && KINDS[feature.kind];
      columns.set(name, { name, kind, stored: 'text', ...(kind === 'list' && { separator: feature?.separator }) });
    } else {
      const kind = kindOf(type);
      if (kind !== undefined) columns.set(name, { name, kind, stored: 'typed' });
    }
  }
  return columns;
}

/** What columns of texts are that features were made of. */
const KINDS: Partial<Record<string, ColumnKind>> = { number: 'number', categories: 'list', text: 'text' };

function kindOf(type: string): ColumnKind | undefined {
  if (type.endsWith('[]')) return 'list';
  if (type === 'BOOLEAN') return 'boolean';
  if (/^(DATE|TIMESTAMP)/.test(type)) return 'time';
  return /^(U?(TINY|SMALL|HUGE|BIG)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL.*)$/.test(type) ? 'number' : undefined;
}

/** The conditions of a filter. @throws PinSageError INVALID_ARGUMENT for a column that is not there, or a value not of its kind */
export function parseFilter(filter: Filter, columns: Map<string, FilterColumn>): Condition[] {
  if (!isRecord(filter)) throw invalidArgument('filter', filter, 'an object of conditions by column');
  return Object.entries(filter).flatMap(([name, condition]) => {
    const column = columns.get(name);
    if (column === undefined) throw invalidArgument('filter', name, `conditions on ${[...columns.keys()].join(', ')}`);
    return parseCondition(column, condition);
  });
}

function parseCondition(column: FilterColumn, condition: FilterCondition): Condition[] {
  const argument = `filter.${column.name}`;
  if (!isRecord(condition)) return [{ column, operator: 'in', ...parseValues(argument, column, condition) }];
  const entries = Object.entries(condition).filter(([, value]) => value !== undefined);
  if (entries.length === 0) throw invalidArgument(argument, condition, 'at least one of gte, gt, lte, lt and not');
  return entries.map(([key, value]) => {
    const place = `${argument}.${key}`;
    if (key === 'not') return { column, operator: 'notIn', ...parseValues(place, column, value) };
    const operator = BOUNDS.find((name) => name === key);
    if (operator === undefined) throw invalidArgument(argument, key, 'gte | gt | lte | lt | not');
    const kind = column.kind ?? kindOfValue(value);
    if (kind === 'list' || kind === 'boolean')
      throw invalidArgument(argument, key, `values or not: a column of ${NOUNS[kind]} has no order`);
    if (value === null) throw invalidArgument(place, value, ALLOWED[kind]);
    return { column, kind, operator, values: [parseValue(place, kind, value)] };
  });
}

function parseValues(argument: string, column: FilterColumn, given: unknown): Pick<Condition, 'kind' | 'values'> {
  const list = Array.isArray(given);
  const items: unknown[] = list ? given : [given];
  if (items.length === 0 || items.length > MOST_VALUES)
    throw invalidArgument(argument, `${items.length} values`, `1 to ${MOST_VALUES} values`);
  const kind = column.kind ?? kindOfValue(items.find((item) => item !== null));
  return { kind, values: items.map((item, i) => parseValue(list ? `${argument}[${i}]` : argument, kind, item)) };
}

function kindOfValue(value: unknown): ColumnKind {
  if (typeof value === 'boolean') return 'boolean';
  return typeof value === 'number' || typeof value === 'bigint' ? 'number' : 'text';
}

const NOUNS = { boolean: 'booleans', list: 'lists' };
const ALLOWED: Record<ColumnKind, string> = {
  text: 'a text',
  number: 'a finite number',
  boolean: 'true | false | null',
  time: 'a time as ISO 8601 writes it, such as 1999-12-31 or 1999-12-31T23:59:59Z',
  list: 'a text',
};

function parseValue(argument: string, kind: ColumnKind, value: unknown): FilterValue {
  if (value === null) return null;
  const fits =
    kind === 'number'
      ? typeof value === 'bigint' || Number.isFinite(value)
      : kind === 'boolean'
        ? typeof value === 'boolean'
        : typeof value === 'string' && (kind !== 'time' || timeOf(value) !== undefined);
  if (!fits) throw invalidArgument(argument, value, ALLOWED[kind]);
  return value as FilterValue;
}

const TIME = /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)?)?$/;

/** Milliseconds since 1970 of an ISO 8601 time, which is UTC where it names no zone; undefined for anything else. */
export function timeOf(value: unknown): number | undefined {
  if (value instanceof Date) return value.getTime();
  if (typeof value !== 'string' || !TIME.test(value)) return undefined;
  const zoned = /Z|[+-]\d\d:\d\d$/.test(value) || value.length === 10 ? value : `${value}Z`;
  const time = Date.parse(zoned.replace(' ', 'T'));
  return Number.isNaN(time) ? undefined : time;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
