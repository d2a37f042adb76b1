import { type ColumnKind, type Condition, type FilterColumn, timeOf } from './filter.js';

type Comparable = string | number | bigint | boolean;

/** The same conditions as `filterSql`'s over one pin's columns, for pins that no table holds. A column that is left out is missing. */
export function filterPredicate(conditions: Condition[]): (columns: Record<string, unknown>) => boolean {
  const tests = conditions.map(testOf);
  return (columns) => tests.every((test) => test(columns));
}

function testOf({ column, kind, operator, values }: Condition): (columns: Record<string, unknown>) => boolean {
  const missing = values.includes(null);
  const wanted = values.map((value) => comparable(value, kind, column));
  const isAmong = (given: unknown): boolean => {
    if (given === null || given === undefined) return missing;
    if (kind === 'list') return itemsOf(given, column).some((item) => wanted.includes(item));
    const value = comparable(given, kind, column);
    return value === undefined ? missing : wanted.some((one) => compare(value, one) === 0);
  };
  return (columns) => {
    const given = columns[column.name];
    if (operator === 'in') return isAmong(given);
    if (operator === 'notIn') return !isAmong(given);
    const order = compare(comparable(given, kind, column), wanted[0]);
    if (operator === 'gte') return order >= 0;
    if (operator === 'gt') return order > 0;
    return operator === 'lte' ? order <= 0 : order < 0;
  };
}

function itemsOf(given: unknown, { separator }: FilterColumn): string[] {
  if (Array.isArray(given)) return given.map(String);
  return separator === undefined
    ? [String(given)]
    : String(given)
        .split(separator)
        .map((item) => item.trim());
}

const NUMBER = /^\s*[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?\s*$/i;
const BOOLEANS = new Map(
  [true, false].flatMap((value) =>
    (value ? ['true', 't', '1', 'yes', 'y'] : ['false', 'f', '0', 'no', 'n']).map((text) => [text, value]),
  ),
);

/** A value as it is compared; undefined when it is missing, or not of the kind. */
function comparable(value: unknown, kind: ColumnKind, { stored }: FilterColumn): Comparable | undefined {
  if (value === null || value === undefined) return undefined;
  if (kind === 'time') return timeOf(value);
  const text = stored === 'text' ? String(value) : value;
  if (typeof text === 'string' && kind === 'number') return NUMBER.test(text) ? Number(text) : undefined;
  if (typeof text === 'string' && kind === 'boolean') return BOOLEANS.get(text.trim().toLowerCase());
  if (kind === 'number')
    return typeof text === 'bigint' || Number.isFinite(text) ? (text as number | bigint) : undefined;
  return typeof text === (kind === 'boolean' ? 'boolean' : 'string') ? (text as Comparable) : undefined;
}

/** Below, equal or above 0, and NaN where the two cannot be compared. Texts go by their UTF-8 bytes, as in DuckDB. */
function compare(a: Comparable | undefined, b: Comparable | undefined): number {
  if (a === undefined || b === undefined) return Number.NaN;
  if (typeof a === 'string' && typeof b === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b));
  // A number and a bigint that are neither below nor above each other are equal, though not `===`.
  return a < b ? -1 : a > b ? 1 : 0;
}
