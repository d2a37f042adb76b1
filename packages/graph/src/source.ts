import { PinSageError } from '@pinsage/native';
import type { BadRow } from './bad-rows.js';

/** One input of an import, its rows not yet read. */
export interface Source {
  /** The file as the caller named it, or the query. */
  name: string;
  /** The columns' DuckDB types; VARCHAR throughout for text files. */
  columns: Map<string, string>;
  /** SQL that gives all columns, in the file's order. */
  relation: string;
  /** Rows that could not even be split into columns. Known once the relation has been read. */
  rejects(): Promise<{ count: number; examples: BadRow[] }>;
  /** Where rows of the relation stand, for the reader of an error. Rows are counted from 1. */
  locate(rows: number[]): Promise<Pick<BadRow, 'line' | 'row'>[]>;
}

/**
 * The source's column of this name.
 * @throws INVALID_ARGUMENT with the list of columns when there is none.
 */
export function column(source: Source, argument: string, name: string): string {
  if (source.columns.has(name)) return name;
  const columns = [...source.columns.keys()].map((column) => `'${column}'`).join(', ');
  const message = `${source.name} has no column '${name}' (${argument}). Its columns are ${columns}.`;
  throw new PinSageError('INVALID_ARGUMENT', message, { argument, value: name, allowed: columns });
}
