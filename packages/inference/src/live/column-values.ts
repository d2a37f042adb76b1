import { timeOf } from '../serving/filter.js';
import { isStorable } from './ids.js';

/** A value of a column as the log keeps it. */
export type ColumnValue = string | number | boolean | null | string[];

/**
 * A value as a column of this DuckDB type holds it; undefined for one that it cannot hold. Integers beyond 2^53 and times are texts.
 *
 * @param separator of lists that a column of texts holds. Default `|`.
 */
export function columnValue(type: string, value: unknown, separator = '|'): ColumnValue | undefined {
  if (value === null || value === undefined) return null;
  if (type === 'VARCHAR') return textOf(value, separator);
  if (type === 'VARCHAR[]') return isTexts(value) ? value : undefined;
  if (type === 'BOOLEAN') return typeof value === 'boolean' ? value : undefined;
  if (/^(DATE|TIMESTAMP)/.test(type)) {
    const time = timeOf(value);
    if (time === undefined || Number.isNaN(time)) return undefined;
    const text = new Date(time).toISOString();
    return type === 'DATE' ? text.slice(0, 10) : text;
  }
  const integer = /^(U?)(TINY|SMALL|BIG|HUGE|)INT(?:EGER)?$/.exec(type);
  if (integer !== null) return integerOf(value, integer[1] === 'U', BITS[integer[2]]);
  if (!/^(FLOAT|DOUBLE|DECIMAL.*)$/.test(type)) return undefined;
  const number = numberOf(value);
  return type === 'FLOAT' && number !== undefined ? Math.fround(number) : number;
}

/** A kept value as the dataset gives it out. */
export function shownValue(type: string, value: ColumnValue | undefined): unknown {
  if (value === undefined || value === null) return null;
  if (typeof value !== 'string' || type === 'VARCHAR') return value;
  return /^(DATE|TIMESTAMP)/.test(type) ? new Date(value) : BigInt(value);
}

const BITS: Record<string, number> = { TINY: 8, SMALL: 16, '': 32, BIG: 64, HUGE: 128 };

function textOf(value: unknown, separator: string): string | undefined {
  const text = isTexts(value) ? value.join(separator) : value;
  if (!['string', 'number', 'bigint', 'boolean'].includes(typeof text)) return undefined;
  return isStorable(String(text)) ? String(text) : undefined;
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string' && isStorable(item));
}

function integerOf(value: unknown, unsigned: boolean, bits: number): number | string | undefined {
  const whole = typeof value === 'bigint' || Number.isSafeInteger(value);
  if (!whole && !(typeof value === 'string' && /^-?\d{1,39}$/.test(value))) return undefined;
  const integer = BigInt(value as string | number | bigint);
  if ((unsigned ? BigInt.asUintN(bits, integer) : BigInt.asIntN(bits, integer)) !== integer) return undefined;
  const number = Number(integer);
  return Number.isSafeInteger(number) ? number : String(integer);
}

function numberOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}
