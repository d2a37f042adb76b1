import type { DuckDBListVector } from '@duckdb/node-api';
import { PinSageError } from '@pinsage/native';
import { type Database, identifier, reasonOf } from '../database.js';
import { openSource } from '../open-source.js';
import type { Source } from '../source.js';
import { checkRowCount, idColumn, type Nodes, UNKNOWN, type VectorSource } from './vector-source.js';

/**
 * The vectors of a Parquet file or a query: the column of the feature's name, or the only one of lists of numbers. Beside it stands a
 * column of ids; a table of nothing but vectors has a row for each of the nodes' file.
 *
 * @throws FILE_NOT_FOUND · FILE_CORRUPT; INVALID_ARGUMENT when there are no such columns.
 */
export async function openTable(
  database: Database,
  nodes: Nodes,
  feature: string,
  input: string,
): Promise<VectorSource> {
  const source = await openSource(database, 'file', input);
  const vectors = vectorColumn(source, feature);
  const id = idColumn(source, nodes);
  const vector = `TRY_CAST(${identifier(vectors)} AS FLOAT[])`;
  try {
    const given = `SELECT ${identifier(vectors)} AS vector FROM (${source.relation})`;
    const first = await database.row<{ width: number } | undefined>(
      `SELECT len(vector) AS width FROM (${given}) WHERE len(vector) > 0 LIMIT 1`,
    );
    if (first === undefined) throw unfit(source, `has no vector in '${vectors}'`, 'at least one');
    if (id === undefined && source.columns.size > 1) {
      throw unfit(source, `has the columns ${list(source)}`, `ids in a column '${nodes.id}' or 'id'`);
    }
    if (id === undefined) {
      const { rows } = await database.row<{ rows: number }>(`SELECT count(*) AS rows FROM (${given})`);
      checkRowCount(nodes, source.name, rows);
    }
    const file = `SELECT row_number() OVER () AS _row, ${vector} AS vector,
      ${id === undefined ? 'NULL' : `CAST(${identifier(id)} AS VARCHAR)`} AS _id FROM (${source.relation})`;
    const owners = `SELECT row, _row, CAST(id AS VARCHAR) AS _id FROM ${nodes.side}_rows`;
    const query = `SELECT owners.row, file._row, vector FROM (${file}) AS file
      LEFT JOIN (${owners}) AS owners USING (${id === undefined ? '_row' : '_id'})`;
    return queryVectors(database, source.name, first.width, query);
  } catch (error) {
    throw unreadable(source.name, error);
  }
}

/** Vectors that a query gives: (row of the dataset or NULL, row of the file, vector or NULL). */
export function queryVectors(database: Database, name: string, width: number, query: string): VectorSource {
  return {
    name,
    width,
    async *blocks() {
      try {
        for await (const chunk of database.chunks(query)) {
          const [owner, position] = [chunk.getColumnVector(0), chunk.getColumnVector(1)];
          const lists = chunk.getColumnVector(2) as DuckDBListVector;
          const rows = new Uint32Array(chunk.rowCount);
          const values = new Float32Array(chunk.rowCount * width);
          let n = 0;
          for (let i = 0; i < chunk.rowCount; i++) {
            const items = lists.getItemVector(i);
            if (items === null) continue;
            if (items.itemCount !== width) {
              const reason = `the vector has ${items.itemCount} numbers, and the first one has ${width}`;
              throw new PinSageError('BAD_ROWS', `${name}, row ${position.getItem(i)}: ${reason}`);
            }
            rows[n] = (owner.getItem(i) as number | null) ?? UNKNOWN;
            for (let j = 0; j < width; j++) values[n * width + j] = (items.getItem(j) as number | null) ?? Number.NaN;
            n++;
          }
          yield { rows: rows.subarray(0, n), values: values.subarray(0, n * width) };
        }
      } catch (error) {
        throw unreadable(name, error);
      }
    },
    close: async () => {},
  };
}

function vectorColumn(source: Source, feature: string): string {
  const isVector = (name: string) =>
    /^(FLOAT|DOUBLE|U?(TINY|SMALL|BIG)?INT(EGER)?|DECIMAL\(.*\))\[\d*\]$/.test(source.columns.get(name)!);
  const names = source.columns.has(feature) ? [feature] : [...source.columns.keys()].filter(isVector);
  if (names.length !== 1 || !isVector(names[0])) {
    throw unfit(source, `has the columns ${list(source)}`, `lists of numbers in a column '${feature}', or in only one`);
  }
  return names[0];
}

function list(source: Source): string {
  return [...source.columns].map(([name, type]) => `'${name}' (${type})`).join(', ');
}

function unfit({ name }: Source, is: string, allowed: string): PinSageError {
  const details = { argument: 'file', value: name, allowed };
  return new PinSageError('INVALID_ARGUMENT', `${name} ${is}; allowed: ${allowed}`, details);
}

function unreadable(name: string, error: unknown): unknown {
  if (error instanceof PinSageError) return error;
  return new PinSageError('FILE_CORRUPT', `${name} cannot be read: ${reasonOf(error)}`, { cause: error });
}
