import { invalidArgument, PinSageError } from '@pinsage/native';
import { describe } from '../bad-rows.js';
import { type Database, identifier } from '../database.js';
import { load } from '../load.js';
import { openSource } from '../open-source.js';
import { column, type Source } from '../source.js';
import type { ArrayFile } from './array-file.js';
import { readNpyIds } from './npy.js';
import { checkRowCount, idColumn, type Nodes, UNKNOWN, type VectorSource } from './vector-source.js';

const BLOCK_NUMBERS = 2 ** 20;

/** The vectors of a matrix. Its rows are those of the nodes' file, or have ids: of a file of their own, or in the matrix's file. */
export async function arrayVectors(
  database: Database,
  nodes: Nodes,
  file: ArrayFile,
  ids: string | undefined,
): Promise<VectorSource> {
  const rowOf = await rowsOf(database, nodes, file, ids);
  const step = Math.max(1, Math.floor(BLOCK_NUMBERS / file.width));
  return {
    name: file.name,
    width: file.width,
    async *blocks() {
      for (let first = 0; first < file.rows; first += step) {
        const end = Math.min(file.rows, first + step);
        yield { rows: rowOf.subarray(first, end), values: await file.read(first, end) };
      }
    },
    close: () => file.close(),
  };
}

/** [rows] The dataset's row of each of the file's. */
async function rowsOf(
  database: Database,
  nodes: Nodes,
  file: ArrayFile,
  ids: string | undefined,
): Promise<Uint32Array> {
  const table = await idTable(database, nodes, file, ids);
  if (table === undefined) checkRowCount(nodes, file.name, file.rows);
  const query =
    table === undefined
      ? `SELECT _row, row FROM ${nodes.side}_rows WHERE _row IS NOT NULL`
      : `SELECT _row, row FROM (SELECT _row, id AS _id FROM ${table}) JOIN
           (SELECT row, CAST(id AS VARCHAR) AS _id FROM ${nodes.side}_rows) USING (_id)`;
  const rows = new Uint32Array(file.rows).fill(UNKNOWN);
  for await (const chunk of database.chunks(query)) {
    const [position, row] = [chunk.getColumnVector(0), chunk.getColumnVector(1)];
    for (let i = 0; i < chunk.rowCount; i++) rows[Number(position.getItem(i)) - 1] = row.getItem(i) as number;
  }
  if (table !== undefined) await database.run(`DROP TABLE ${table}`);
  return rows;
}

/** A table of the rows' ids as texts (_row from 1, id); undefined when there are none. */
async function idTable(
  database: Database,
  nodes: Nodes,
  file: ArrayFile,
  path: string | undefined,
): Promise<string | undefined> {
  const table = database.freshName('ids');
  if (path?.endsWith('.npy')) await appendIds(database, table, await readNpyIds(path));
  else if (path !== undefined) await loadIds(database, nodes, table, path);
  else if (file.ids !== undefined) await appendIds(database, table, file.ids);
  else return undefined;
  const { count } = await database.row<{ count: number }>(`SELECT count(*) AS count FROM ${table}`);
  if (count !== file.rows) {
    throw invalidArgument(
      'ids',
      path ?? file.name,
      `an id for each of the ${file.rows} rows of ${file.name}, not ${count}`,
    );
  }
  return table;
}

async function appendIds(database: Database, table: string, ids: BigInt64Array): Promise<void> {
  await database.run(`CREATE TABLE ${table}_integers (id BIGINT)`);
  await database.appendIntegers(`${table}_integers`, ids);
  await database.run(
    `CREATE TABLE ${table} AS SELECT row_number() OVER () AS _row, CAST(id AS VARCHAR) AS id FROM ${table}_integers;
     DROP TABLE ${table}_integers`,
  );
}

async function loadIds(database: Database, nodes: Nodes, table: string, path: string): Promise<void> {
  const source = await openSource(database, 'ids', path);
  const name = identifier(idColumn(source, nodes) ?? onlyColumn(source, nodes));
  await load(database, source, table, { id: `CAST(${name} AS VARCHAR)` });
  const { count, examples } = await source.rejects();
  if (count > 0) {
    throw new PinSageError('BAD_ROWS', `The ids cannot be matched with the vectors' rows. ${describe(examples[0])}`);
  }
}

function onlyColumn(source: Source, { id }: Nodes): string {
  const [first, ...others] = source.columns.keys();
  return others.length === 0 ? first : column(source, 'ids', id);
}
