import { rm } from 'node:fs/promises';
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

/** Writes columns `id` (the pins' ids in the dataset) and `embedding` (FLOAT[width]), in the order of the dataset's rows. */
export async function writeParquet(
  path: string,
  dataset: Dataset,
  vectors: Float32Array,
  width: number,
): Promise<void> {
  const temporary = temporaryName(path);
  const instance = await DuckDBInstance.create(':memory:', { temp_directory: `${temporary}.spill` });
  const connection = await instance.connect();
  try {
    await connection.run(`CREATE TABLE vectors (row UINTEGER, embedding FLOAT[${width}])`);
    await append(connection, vectors, width);
    await connection.run(
      `COPY (SELECT id, embedding FROM read_parquet(${pathLiteral(join(dataset.directory, 'pins.parquet'))}) JOIN vectors USING (row)
       ORDER BY row) TO ${literal(temporary)} (FORMAT parquet)`,
    );
    await commitRename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw ioError('writing', path, fromDuckDB(error));
  } finally {
    connection.closeSync();
    instance.closeSync();
    await rm(`${temporary}.spill`, { recursive: true, force: true });
  }
}

async function append(connection: DuckDBConnection, vectors: Float32Array, width: number): Promise<void> {
  const appender = await connection.createAppender('vectors');
  const rows = vectors.length / width;
  for (let begin = 0; begin < rows; begin += CHUNK) {
    const length = Math.min(CHUNK, rows - begin);
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
