import { invalidArgument } from '@pinsage/native';
import type { BadRows } from './bad-rows.js';
import { type Database, identifier, literal } from './database.js';
import { load, type Problem, type Selected, sift } from './load.js';
import { openSource } from './open-source.js';
import { column, type Source } from './source.js';

/** The columns of an edges file. */
export interface EdgeColumns {
  pin: string;
  board: string;
  time?: string;
  weight?: string;
  /** Of the type of the board. */
  boardType?: string;
}

/**
 * Reads all edges into `edges` (ordinal, pin, board, time, weight, type). Ids are integers where all inputs' columns are, else texts.
 * Returns how many rows there were.
 */
export async function loadEdges(
  database: Database,
  inputs: string[],
  columns: EdgeColumns,
  badRows: BadRows,
): Promise<number> {
  if (inputs.length === 0) throw invalidArgument('edges', inputs, 'at least one file or query');
  const sources: Source[] = [];
  for (const input of inputs) sources.push(await openSource(database, 'edges', input));
  const idType = (name: 'pin' | 'board') =>
    sources.every((source) => INTEGERS.has(source.columns.get(column(source, name, columns[name]))!))
      ? 'BIGINT'
      : 'VARCHAR';
  const types = { pin: idType('pin'), board: idType('board') };
  const tables: string[] = [];
  let before = 0;
  for (const source of sources) {
    const table = `loaded_edges_${tables.length}`;
    await load(database, source, table, select(source, columns, types));
    const { rows } = await database.row<{ rows: number }>(`SELECT count(*) AS rows FROM ${table}`);
    await sift(database, source, table, problems(columns), badRows);
    tables.push(`SELECT ${before} + _row AS ordinal, pin, board, time, weight, type FROM ${table}`);
    before += rows;
  }
  await database.run(`CREATE VIEW edges AS ${tables.join(' UNION ALL ')}`);
  return before;
}

/** Types whose values need not become texts to be looked at. */
const INTEGERS = new Set(['TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'UTINYINT', 'USMALLINT', 'UINTEGER']);

function select(source: Source, columns: EdgeColumns, types: { pin: string; board: string }): Selected {
  const name = (argument: keyof EdgeColumns) => identifier(column(source, argument, columns[argument]!));
  const time =
    columns.time === undefined ? 'CAST(NULL AS BIGINT)' : epoch(name('time'), source.columns.get(columns.time)!);
  const weight = columns.weight === undefined ? 'CAST(NULL AS DOUBLE)' : `TRY_CAST(${name('weight')} AS DOUBLE)`;
  return {
    pin: `CAST(${name('pin')} AS ${types.pin})`,
    board: `CAST(${name('board')} AS ${types.board})`,
    time,
    // As it was, for the message; of a row that is right it is not looked at, and would only take room.
    raw_time:
      columns.time === undefined ? 'NULL' : `CASE WHEN ${time} IS NULL THEN CAST(${name('time')} AS VARCHAR) END`,
    weight,
    type: columns.boardType === undefined ? 'CAST(NULL AS VARCHAR)' : `CAST(${name('boardType')} AS VARCHAR)`,
    raw_weight:
      columns.weight === undefined
        ? 'NULL'
        : `CASE WHEN coalesce(NOT ${usable(weight)}, true) THEN CAST(${name('weight')} AS VARCHAR) END`,
  };
}

function usable(weight: string): string {
  return `(isfinite(${weight}) AND (${weight} = 0 OR ${weight} BETWEEN 1e-30 AND 1e30))`;
}

/** A time as an integer: whole numbers as they are, dates and timestamps as seconds since 1970 (UTC). */
function epoch(column: string, type: string): string {
  if (/^(DATE|TIMESTAMP)/.test(type)) return `CAST(floor(epoch(${column})) AS BIGINT)`;
  if (type !== 'VARCHAR') return `TRY_CAST(floor(${column}) AS BIGINT)`;
  const seconds = `TRY_CAST(floor(epoch(TRY_CAST(${column} AS TIMESTAMPTZ))) AS BIGINT)`;
  return `coalesce(TRY_CAST(${column} AS BIGINT), ${seconds})`;
}

function problems(columns: EdgeColumns): Problem[] {
  const result: Problem[] = [
    { when: `coalesce(CAST(pin AS VARCHAR), '') = ''`, reason: literal(`it has no pin (column '${columns.pin}')`) },
    {
      when: `coalesce(CAST(board AS VARCHAR), '') = ''`,
      reason: literal(`it has no board (column '${columns.board}')`),
    },
  ];
  if (columns.time !== undefined) {
    const message = literal(` is neither an integer nor a date (column '${columns.time}')`);
    result.push({ when: 'time IS NULL', reason: `'the time ' || coalesce(raw_time, '(empty)') || ${message}` });
  }
  if (columns.weight !== undefined) {
    const is = (message: string) => {
      return `'the weight ' || coalesce(raw_weight, '(empty)') || ${literal(` ${message} (column '${columns.weight}')`)}`;
    };
    result.push(
      { when: 'weight IS NULL', reason: is('is not a number') },
      { when: 'NOT isfinite(weight)', reason: is('is not finite'), notFinite: true },
      { when: 'weight <> 0 AND weight NOT BETWEEN 1e-30 AND 1e30', reason: is('is neither 0 nor from 1e-30 to 1e30') },
    );
  }
  return result;
}
