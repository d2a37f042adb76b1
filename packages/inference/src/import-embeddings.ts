import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { DuckDBListVector } from '@duckdb/node-api';
import { Database, type Dataset, pathLiteral, reasonOf } from '@pinsage/graph';
import { invalidArgument, ioError, PinSageError, type TaskOptions } from '@pinsage/native';
import type { Embeddings } from './embeddings.js';
import { fileWriter } from './embeddings-writer.js';

export interface ImportEmbeddingsOptions extends Omit<TaskOptions, 'threads'> {
  /** Numbers of an embedding: the model's `output`. */
  width: number;
  /** The run directory that `embeddings.safetensors` and `embeddings.parquet` are written to. */
  out: string;
}

/**
 * Embeddings that another program computed, as `pinsage-spark embed` writes them, in the place of those of `embedPins`: a Parquet file,
 * or a directory of Parquet files, with columns `row` (of the dataset), `id` and `embedding` (a list of numbers), in any order, every pin
 * once. They go row by row to the mapped file. Progress is in pins.
 *
 * @throws PinSageError FILE_NOT_FOUND; FILE_CORRUPT for files that are no Parquet; INVALID_ARGUMENT for other columns; BAD_ROWS when a
 *   pin is missing or twice, has another id or an embedding of another width; NOT_FINITE; ABORTED; IO
 */
export async function importEmbeddings(
  path: string,
  dataset: Dataset,
  options: ImportEmbeddingsOptions,
): Promise<Embeddings> {
  const { width, out, signal, onProgress } = options;
  const files = await filesOf(path);
  const database = await Database.open({ signal });
  try {
    const table = new EmbeddingTable(path, files, database);
    await table.checkColumns();
    await table.checkIds(dataset);
    const writer = await fileWriter(out, dataset, width);
    try {
      const rows = new RowsToFill(path, dataset.pins);
      for await (const { row, numbers } of table.rows(width)) {
        rows.fill(row);
        writer.vectors.set(numbers, row * width);
        if (rows.filled % PROGRESS === 0) onProgress?.(rows.filled, dataset.pins);
      }
      rows.finish();
      onProgress?.(dataset.pins, dataset.pins);
      return await writer.finish();
    } catch (error) {
      await writer.abort();
      throw error;
    }
  } finally {
    await database.close();
  }
}

/** Rows between reports of progress. */
const PROGRESS = 2 ** 16;

/** Spark's tables are directories, with files of other kinds in them. */
async function filesOf(path: string): Promise<string[]> {
  try {
    if (!(await stat(path)).isDirectory()) return [path];
    const files = (await readdir(path)).filter((name) => name.endsWith('.parquet')).sort();
    if (files.length === 0) throw invalidArgument('from', path, 'a Parquet file, or a directory of such files');
    return files.map((name) => join(path, name));
  } catch (error) {
    throw ioError('reading', path, error);
  }
}

class EmbeddingTable {
  readonly #path: string;
  readonly #database: Database;
  readonly #relation: string;

  constructor(path: string, files: string[], database: Database) {
    this.#path = path;
    this.#database = database;
    this.#relation = `read_parquet([${files.map(pathLiteral).join(', ')}])`;
  }

  async checkColumns(): Promise<void> {
    const columns = await this.#reading(this.#database.describe(`SELECT * FROM ${this.#relation}`));
    const wanted = { row: /^U?(TINY|SMALL|BIG)?INT(EGER)?$/, id: /./, embedding: /^(FLOAT|DOUBLE)\[\d*\]$/ };
    for (const [name, types] of Object.entries(wanted)) {
      const type = columns.get(name);
      if (type !== undefined && types.test(type)) continue;
      const allowed = 'row (integer), id and embedding (list of float), as `pinsage-spark embed` writes them';
      const found = [...columns].map(([column, type]) => `${column} (${type})`).join(', ');
      throw invalidArgument(`the columns of ${this.#path}`, found, allowed);
    }
  }

  /** Looks at no embedding, and so costs little. */
  async checkIds({ directory }: Dataset): Promise<void> {
    const pins = `read_parquet(${pathLiteral(join(directory, 'pins.parquet'))})`;
    const [other] = await this.#reading(
      this.#database.rows<{ row: number; given: string | null; wanted: string }>(
        `SELECT pins.row AS row, given.id AS given, pins.id AS wanted
         FROM (SELECT row, CAST(id AS VARCHAR) AS id FROM ${this.#relation}) AS given
         JOIN (SELECT row, CAST(id AS VARCHAR) AS id FROM ${pins}) AS pins ON given.row = pins.row
         WHERE given.id IS DISTINCT FROM pins.id LIMIT 1`,
      ),
    );
    if (other === undefined) return;
    const { row, given, wanted } = other;
    throw badRow(this.#path, `row ${row} is of the pin '${given}', and in the dataset it is '${wanted}'`);
  }

  /** @throws PinSageError BAD_ROWS, NOT_FINITE */
  async *rows(width: number): AsyncGenerator<{ row: number; numbers: Float32Array }> {
    // One array for all rows: whoever gets it copies it.
    const numbers = new Float32Array(width);
    const query = `SELECT CAST(row AS DOUBLE), CAST(embedding AS FLOAT[]) FROM ${this.#relation}`;
    const chunks = this.#database.chunks(query);
    for (;;) {
      const { value: chunk, done } = await this.#reading(chunks.next());
      if (done) return;
      const [rows, lists] = [chunk.getColumnVector(0), chunk.getColumnVector(1) as DuckDBListVector];
      for (let i = 0; i < chunk.rowCount; ++i) {
        const row = rows.getItem(i) as number | null;
        if (row === null) throw badRow(this.#path, 'a row number is null');
        const items = lists.getItemVector(i);
        if (items?.itemCount !== width)
          throw badRow(
            this.#path,
            `row ${row} has ${items?.itemCount ?? 'no'} numbers, and the model's embeddings ${width}`,
          );
        for (let k = 0; k < width; ++k) {
          const number = items.getItem(k) as number | null;
          if (number === null || !Number.isFinite(number))
            throw new PinSageError('NOT_FINITE', `${this.#path}: the embedding of row ${row} holds ${number}.`);
          numbers[k] = number;
        }
        yield { row, numbers };
      }
    }
  }

  async #reading<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      if (error instanceof PinSageError) throw error;
      throw new PinSageError('FILE_CORRUPT', `${this.#path} cannot be read: ${reasonOf(error)}`, { cause: error });
    }
  }
}

/** Every row once. */
class RowsToFill {
  filled = 0;
  readonly #path: string;
  readonly #seen: Uint8Array;

  constructor(path: string, pins: number) {
    this.#path = path;
    this.#seen = new Uint8Array(pins);
  }

  fill(row: number): void {
    const { length } = this.#seen;
    if (!(row >= 0 && row < length))
      throw badRow(this.#path, `it has row ${row}, and the dataset has 0 to ${length - 1}`);
    if (this.#seen[row] === 1) throw badRow(this.#path, `it has row ${row} twice`);
    this.#seen[row] = 1;
    ++this.filled;
  }

  finish(): void {
    const { length } = this.#seen;
    if (this.filled === length) return;
    const missing = length - this.filled;
    const others = missing === 1 ? '' : `, and ${missing - 1} more`;
    throw badRow(this.#path, `row ${this.#seen.indexOf(0)} of the dataset is not in it${others}`);
  }
}

function badRow(path: string, reason: string): PinSageError {
  return new PinSageError('BAD_ROWS', `${path} cannot be used: ${reason}.`);
}
