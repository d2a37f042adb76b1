import { type Database, identifier, literal } from './database.js';
import type { NodeTable } from './load-nodes.js';

/** Integer ids are stored as 64-bit integers, others as text. */
export type IdType = 'integer' | 'string';

export interface Numbered {
  count: number;
  type: IdType;
  /** Nodes that only the edges name. */
  notInFile: number;
  /** Nodes of the file that no edge names, and that were left out. */
  leftOut: number;
}

/**
 * Numbers the nodes of one side into the table `<side>_rows` (row, id, _row of the file): those of the file in its order, then
 * those that only the edges name, as they first appear.
 *
 * @param keep Whether nodes of the file without edges stay.
 */
export async function numberNodes(
  database: Database,
  side: 'pin' | 'board',
  file: NodeTable | undefined,
  keep: boolean,
): Promise<Numbered> {
  const type = await idType(database, side, file);
  const id = (name: string) => `CAST(${name} AS ${type === 'integer' ? 'BIGINT' : 'VARCHAR'})`;
  await database.run(
    `CREATE TABLE ${side}_seen AS
     SELECT ${id(side)} AS id, min(ordinal) AS first FROM edges GROUP BY 1`,
  );
  await database.run(
    `CREATE TABLE ${side}_rows (row UINTEGER, id ${type === 'integer' ? 'BIGINT' : 'VARCHAR'}, _row BIGINT)`,
  );
  let leftOut = 0;
  if (file !== undefined) {
    const all = `SELECT ${id('_id')} AS id, _row FROM ${file.table}`;
    const kept = keep ? all : `SELECT * FROM (${all}) SEMI JOIN ${side}_seen USING (id)`;
    await database.run(
      `INSERT INTO ${side}_rows SELECT row_number() OVER (ORDER BY _row) - 1, id, _row FROM (${kept})`,
    );
    leftOut = (await count(database, file.table)) - (await count(database, `${side}_rows`));
  }
  const inFile = await count(database, `${side}_rows`);
  await database.run(
    `INSERT INTO ${side}_rows
     SELECT ${inFile} + row_number() OVER (ORDER BY first) - 1, id, NULL FROM ${side}_seen ANTI JOIN ${side}_rows USING (id);
     DROP TABLE ${side}_seen`,
  );
  const total = await count(database, `${side}_rows`);
  return { count: total, type, notInFile: total - inFile, leftOut };
}

/** Writes a side's Parquet file: row, id and the columns of the file, in the order of the rows. */
export async function writeNodes(
  database: Database,
  side: 'pin' | 'board',
  file: NodeTable | undefined,
  path: string,
): Promise<void> {
  const columns = file?.columns.map(({ as }) => `file.${identifier(as)}`) ?? [];
  const join = file === undefined ? '' : `LEFT JOIN ${file.table} AS file USING (_row)`;
  await database.run(
    `COPY (SELECT ${['nodes.row', 'nodes.id', ...columns].join(', ')} FROM ${side}_rows AS nodes ${join} ORDER BY nodes.row)
     TO ${literal(path)} (FORMAT parquet, COMPRESSION zstd)`,
  );
}

/** Integers when every id of both files is one as people write them: '7', not '007' or '7.0', which would meet '7'. */
async function idType(database: Database, side: string, file: NodeTable | undefined): Promise<IdType> {
  const canonical = (name: string) => `coalesce(bool_and(regexp_full_match(${name}, '0|-?[1-9][0-9]{0,17}')), true)`;
  const isInteger = (await database.describe(`SELECT ${side} FROM edges`)).get(side) === 'BIGINT';
  const short = `coalesce(bool_and(${side} BETWEEN -${'9'.repeat(18)} AND ${'9'.repeat(18)}), true)`;
  const parts = [`SELECT ${isInteger ? short : canonical(side)} AS canonical FROM edges`];
  if (file !== undefined) parts.push(`SELECT ${canonical('_id')} FROM ${file.table}`);
  const { canonical: all } = await database.row<{ canonical: boolean }>(
    `SELECT bool_and(canonical) AS canonical FROM (${parts.join(' UNION ALL ')})`,
  );
  return all ? 'integer' : 'string';
}

async function count(database: Database, table: string): Promise<number> {
  return (await database.row<{ count: number }>(`SELECT count(*) AS count FROM ${table}`)).count;
}
