import { PinSageError } from '@pinsage/native';
import { type BadRows, SHOWN } from './bad-rows.js';
import { type Database, identifier, reasonOf } from './database.js';
import type { Source } from './source.js';

/** Something that makes a row unusable, in SQL over the loaded columns. */
export interface Problem {
  when: string;
  /** A text that says what is wrong. */
  reason: string;
  notFinite?: boolean;
}

/** What a source's column becomes. */
export type Selected = Record<string, string>;

/**
 * Reads a source into a table: the selected expressions, and `_row`, which counts from 1.
 * @throws BAD_ROWS when it cannot be read to its end.
 */
export async function load(database: Database, source: Source, table: string, selected: Selected): Promise<void> {
  const columns = Object.entries(selected).map(([name, expression]) => `${expression} AS ${identifier(name)}`);
  try {
    await database.run(
      `CREATE TABLE ${table} AS
       SELECT row_number() OVER () AS _row, ${columns.join(', ')} FROM (${source.relation})`,
    );
  } catch (cause) {
    if (cause instanceof PinSageError) throw cause;
    throw new PinSageError('BAD_ROWS', `${source.name} cannot be read: ${reasonOf(cause)}`, { cause });
  }
}

/** Counts the rows with problems, keeps the first ones to be shown, and takes them out of the table. */
export async function sift(
  database: Database,
  source: Source,
  table: string,
  problems: Problem[],
  badRows: BadRows,
): Promise<void> {
  const { count: rejected, examples } = await source.rejects();
  badRows.add(rejected, examples);
  const cases = problems.map(({ when }, i) => `WHEN ${when} THEN ${i}`).join(' ');
  await database.run(
    `CREATE TABLE ${table}_bad AS
     SELECT * FROM (SELECT _row, CASE ${cases} END AS problem FROM ${table}) WHERE problem IS NOT NULL`,
  );
  const { count } = await database.row<{ count: number }>(`SELECT count(*) AS count FROM ${table}_bad`);
  if (count > 0) {
    const reasons = problems.map(({ reason }, i) => `WHEN ${i} THEN ${reason}`).join(' ');
    const rows = await database.rows<{ _row: number; problem: number; reason: string }>(
      `SELECT _row, problem, CASE problem ${reasons} END AS reason
       FROM ${table}_bad JOIN ${table} USING (_row) ORDER BY _row LIMIT ${SHOWN}`,
    );
    const places = await source.locate(rows.map((row) => row._row));
    const shown = rows.map(({ problem, reason }, i) => {
      return { source: source.name, ...places[i], reason, notFinite: problems[problem].notFinite };
    });
    badRows.add(count, shown);
    await database.run(`DELETE FROM ${table} WHERE _row IN (SELECT _row FROM ${table}_bad)`);
  }
  await database.run(`DROP TABLE ${table}_bad`);
}
