import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ARRAY, arrayValue, DuckDBInstance, DuckDBTableFunction, FLOAT } from '@duckdb/node-api';
import { type Dataset, fromDuckDB, literal, pathLiteral } from '@pinsage/graph';
import { commitRename, ioError, temporaryName } from '@pinsage/native';

/** Rows of DuckDB's data chunks. */
const CHUNK = 2048;
/** Numbers of a row group, of which the writer holds a few copies: DuckDB's own measure, in rows, is for narrow tables. */
const GROUP = 2 ** 22;

/**
 * Writes columns `id` (the pins' ids in the dataset) and `embedding` (FLOAT[width]), in the order of the dataset's rows. The vectors are
 * read as the file grows.
 */
export async function writeParquet(
  path: string,
  dataset: Dataset,
  vectors: Float32Array,
  width: number,
): Promise<void> {
  const temporary = temporaryName(path);
  // One thread: rows stay in their order, and more of them took more memory and no less time.
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  try {
    connection.registerTableFunction(tableOf(vectors, width));
    const ids = pathLiteral(join(dataset.directory, 'pins.parquet'));
    const group = Math.min(Math.max(1, Math.floor(GROUP / width / CHUNK)), 60) * CHUNK;
    await connection.run(
      `COPY (SELECT id, embedding FROM (SELECT id FROM read_parquet(${ids})) POSITIONAL JOIN vectors())
       TO ${literal(temporary)} (FORMAT parquet, ROW_GROUP_SIZE ${group})`,
    );
    await commitRename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw ioError('writing', path, fromDuckDB(error));
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** The vectors as DuckDB's table function `vectors()`. */
function tableOf(vectors: Float32Array, width: number): DuckDBTableFunction {
  const rows = vectors.length / width;
  let next = 0;
  return DuckDBTableFunction.create({
    name: 'vectors',
    bindFunction: (table) => table.addResultColumn('embedding', ARRAY(FLOAT, width)),
    initFunction: () => {},
    mainFunction: (_, chunk) => {
      const length = Math.min(CHUNK, rows - next);
      chunk.rowCount = length;
      if (length === 0) return;
      // The chunk only reads items by index, which a typed array allows without a copy.
      const row = (i: number) => vectors.subarray(i * width, (i + 1) * width) as unknown as number[];
      chunk.setColumnValues(
        0,
        Array.from({ length }, (_, i) => arrayValue(row(next + i))),
      );
      next += length;
    },
  });
}
