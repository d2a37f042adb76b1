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

/** Reads all edges into the table `edges` (ordinal, pin, board, time, weight, type), ids and types as text. Returns how many rows there were. */
export async function loadEdges(
  database: Database,
  inputs: string[],
  columns: EdgeColumns,
  badRows: BadRows,
): Promise<number> {
  if (inputs.length === 0) throw invalidArgument('edges', inputs, 'at least one file or query');
  await database.run(
    'CREATE TEMP TABLE edges (ordinal BIGINT, pin VARCHAR, board VARCHAR, time BIGINT, weight DOUBLE, type VARCHAR)',
  );
  let before = 0;
  for (const input of inputs) {
    const source = await openSource(database, 'edges', input);
    await load(database, source, 'loaded_edges', select(source, columns));
    const { rows } = await database.row<{ rows: number }>('SELECT count(*) AS rows FROM loaded_edges');
    await sift(database, source, 'loaded_edges', problems(columns), badRows);
    await database.run(
      `INSERT INTO edges SELECT ${before} + _row, pin, board, time, weight, type FROM loaded_edges ORDER BY _row;
       DROP TABLE loaded_edges`,
    );
    before += rows;
  }
  return before;
}

function select(source: Source, columns: EdgeColumns): Selected {
  const name = (argument: keyof EdgeColumns) => identifier(column(source, argument, columns[argument]!));
  return {
    pin: `CAST(${name('pin')} AS VARCHAR)`,
    board: `CAST(${name('board')} AS VARCHAR)`,
    time: columns.time === undefined ? 'NULL' : epoch(name('time'), source.columns.get(columns.time)!),
    raw_time: columns.time === undefined ? 'NULL' : `CAST(${name('time')} AS VARCHAR)`,
    weight: columns.weight === undefined ? 'NULL' : `TRY_CAST(${name('weight')} AS DOUBLE)`,
    type: columns.boardType === undefined ? 'NULL' : `CAST(${name('boardType')} AS VARCHAR)`,
    raw_weight: columns.weight === undefined ? 'NULL' : `CAST(${name('weight')} AS VARCHAR)`,
  };
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
    { when: `coalesce(pin, '') = ''`, reason: literal(`it has no pin (column '${columns.pin}')`) },
    { when: `coalesce(board, '') = ''`, reason: literal(`it has no board (column '${columns.board}')`) },
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
