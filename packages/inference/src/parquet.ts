import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import {
  ARRAY,
  arrayValue,
  type DuckDBConnection,
  DuckDBDataChunk,
  DuckDBInstance,
  FLOAT,
  UINTEGER,
} from '@duckdb/node-api';
import { type Dataset, fromDuckDB, literal, pathLiteral } from '@pinsage/graph';
import { commitRename, ioError, temporaryName } from '@pinsage/native';

/** Rows of DuckDB's data chunks. */
const CHUNK = 2048;

/** Numbers that are in DuckDB's memory at once. */
const NUMBERS = 2 ** 24;

/** Writes columns `id` (the pins' ids in the dataset) and `embedding` (FLOAT[width]), in the order of the dataset's rows, piece by piece. */
export async function writeParquet(
  path: string,
  dataset: Dataset,
  vectors: Float32Array,
  width: number,
): Promise<void> {
  const temporary = temporaryName(path);
  const parts = `${temporary}.parts`;
  const instance = await DuckDBInstance.create(':memory:', { temp_directory: `${parts}/spill` });
  const connection = await instance.connect();
  try {
    await mkdir(parts);
    const rows = vectors.length / width;
    const step = Math.max(CHUNK, Math.floor(NUMBERS / width));
    const files: string[] = [];
    for (let first = 0; first === 0 || first < rows; first += step) {
      files.push(join(parts, `${files.length}.parquet`));
      await writeRows(connection, files.at(-1)!, dataset, vectors, width, [first, Math.min(rows, first + step)]);
    }
    if (files.length === 1) await rename(files[0], temporary);
    else {
      const list = files.map(pathLiteral).join(', ');
      await connection.run(`COPY (FROM read_parquet([${list}])) TO ${literal(temporary)} (FORMAT parquet)`);
    }
    await commitRename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw ioError('writing', path, fromDuckDB(error));
  } finally {
    connection.closeSync();
    instance.closeSync();
    await rm(parts, { recursive: true, force: true });
  }
}

async function writeRows(
  connection: DuckDBConnection,
  path: string,
  dataset: Dataset,
  vectors: Float32Array,
  width: number,
  [first, end]: [number, number],
): Promise<void> {
  await connection.run(`CREATE TABLE vectors (row UINTEGER, embedding FLOAT[${width}])`);
  await append(connection, vectors, width, [first, end]);
  await connection.run(
    `COPY (SELECT id, embedding FROM read_parquet(${pathLiteral(join(dataset.directory, 'pins.parquet'))}) JOIN vectors USING (row)
     WHERE row >= ${first} AND row < ${end} ORDER BY row) TO ${literal(path)} (FORMAT parquet);
     DROP TABLE vectors`,
  );
}

async function append(
  connection: DuckDBConnection,
  vectors: Float32Array,
  width: number,
  [first, end]: [number, number],
): Promise<void> {
  const appender = await connection.createAppender('vectors');
  for (let begin = first; begin < end; begin += CHUNK) {
    const length = Math.min(CHUNK, end - begin);
    const chunk = DuckDBDataChunk.create([UINTEGER, ARRAY(FLOAT, width)], length);
    const numbers = Array.from({ length }, (_, i) => begin + i);
    chunk.setColumnValues(0, numbers);
    chunk.setColumnValues(
      1,
      // The vector only reads items by index, which a typed array allows without a copy.
      numbers.map((row) => arrayValue(vectors.subarray(row * width, (row + 1) * width) as unknown as number[])),
    );
    appender.appendDataChunk(chunk);
    await setImmediate();
  }
  appender.closeSync();
}
