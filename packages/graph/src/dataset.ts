import { join, resolve } from 'node:path';
import { type DuckDBValue, listValue } from '@duckdb/node-api';
import { checkInteger, type FeatureSource, Graph, invalidArgument, PinSageError } from '@pinsage/native';
import { Database, identifier, pathLiteral, reasonOf } from './database.js';
import { DATASET, type DatasetManifest } from './dataset-manifest.js';
import type { FeatureColumn } from './feature-column.js';
import { FeatureFile } from './feature-file.js';
import { readManifest, verifyFiles } from './manifest.js';

/** As it is in the input. Integers may be given as texts. */
export type ExternalId = string | number | bigint;

type Side = 'pin' | 'board';

/** Ids that are read at once. */
const ID_ROWS = 2 ** 17;

/** An open dataset directory. Its arrays are mapped, not read. */
export class Dataset {
  readonly directory: string;
  readonly manifest: DatasetManifest;
  readonly #pinFeatures: FeatureFile;
  readonly #boardFeatures: FeatureFile;
  readonly #database: Database;
  readonly #columns = new Map<Side, Promise<Map<string, string>>>();
  #graph?: Promise<Graph>;
  #closed?: Promise<void>;

  private constructor(
    directory: string,
    manifest: DatasetManifest,
    features: { pins: FeatureFile; boards: FeatureFile },
    database: Database,
  ) {
    this.directory = directory;
    this.manifest = manifest;
    this.#pinFeatures = features.pins;
    this.#boardFeatures = features.boards;
    this.#database = database;
  }

  /**
   * Opens a dataset and checks it against its manifest: sizes of all files, checksums of those up to 64 MiB (`verify` does the
   * others), shapes of the features, rows of the tables. The graph is checked when it is first asked for.
   *
   * @throws FILE_NOT_FOUND · FILE_VERSION when a newer version wrote it · FILE_CORRUPT
   */
  static async open(directory: string): Promise<Dataset> {
    const manifest = await readManifest<DatasetManifest>(directory, DATASET);
    const { counts, features, boardFeatures = [] } = manifest;
    const opened: FeatureFile[] = [];
    const openFeatures = async (file: string, columns: typeof features, rows: number) => {
      opened.push(await FeatureFile.open(join(directory, file), columns, rows));
      return opened.at(-1)!;
    };
    let database: Database | undefined;
    try {
      const pins = await openFeatures('features.safetensors', features, counts.pins);
      const boards = await openFeatures('board-features.safetensors', boardFeatures, counts.boards);
      database = await Database.open();
      const dataset = new Dataset(directory, manifest, { pins, boards }, database);
      await dataset.#openTable('pin', counts.pins);
      await dataset.#openTable('board', counts.boards);
      return dataset;
    } catch (error) {
      await database?.close();
      for (const file of opened) file.close();
      throw error;
    }
  }

  /** The features of the pins, in the order of the import. */
  get features(): FeatureColumn[] {
    return this.#pinFeatures.columns;
  }

  /** The features of the boards, in the order of the import; none for datasets that were made without. */
  get boardFeatures(): FeatureColumn[] {
    return this.#boardFeatures.columns;
  }

  /** The names of the boards' types, by their numbers in `graph.arrays.boardTypes`; none for a dataset without types. */
  get boardTypes(): string[] {
    return (this.manifest.boardTypes ?? []).map(({ name }) => name);
  }

  get pins(): number {
    return this.manifest.counts.pins;
  }

  get boards(): number {
    return this.manifest.counts.boards;
  }

  get edges(): number {
    return this.manifest.counts.edges;
  }

  get hasTimes(): boolean {
    return this.manifest.edges.times;
  }

  /** Compares all files with their checksums. Reads everything. @throws FILE_CORRUPT */
  async verify(): Promise<void> {
    await verifyFiles(this.directory, this.manifest);
  }

  /**
   * A feature of all pins, mapped: text and categories as bags of hashed rows, numbers (NaN where missing) and vectors dense.
   *
   * @param column One of `features`, or one that a model has kept. @throws INVALID_ARGUMENT when the dataset has none of its shape
   */
  source(column: FeatureColumn): FeatureSource {
    return this.#pinFeatures.source(column);
  }

  /** As source, of all boards. @param column One of `boardFeatures`, or one that a model has kept. @throws INVALID_ARGUMENT */
  boardSource(column: FeatureColumn): FeatureSource {
    return this.#boardFeatures.source(column);
  }

  /** The whole graph, mapped. The dataset owns it: it is closed with the dataset. @throws FILE_CORRUPT */
  async graph(): Promise<Graph> {
    this.#check();
    this.#graph ??= this.#openGraph();
    return this.#graph;
  }

  /** The rows of pins by their ids; -1 for an id that is not there. */
  pinRows(ids: ExternalId[]): Promise<Int32Array> {
    return this.#rowsOf('pin', ids);
  }

  /** The rows of boards by their ids; -1 for an id that is not there. */
  boardRows(ids: ExternalId[]): Promise<Int32Array> {
    return this.#rowsOf('board', ids);
  }

  /** The ids of all pins or boards in the order of their rows, in pieces: texts, or bigints where the dataset's ids are integers. */
  async *ids(side: Side): AsyncGenerator<(string | bigint)[]> {
    const count = side === 'pin' ? this.pins : this.boards;
    for (let row = 0; row < count; row += ID_ROWS) {
      this.#check();
      const range = `row >= ${row} AND row < ${row + ID_ROWS}`;
      yield await this.#database.column<string | bigint>(`SELECT id FROM ${side}s WHERE ${range} ORDER BY row`);
    }
  }

  /**
   * The rows of the pins for which a condition over the columns of pins.parquet holds, in no order.
   *
   * @param condition SQL, trusted: what a user gives belongs into `values`, which it names as `$name`.
   */
  pinsWhere(condition: string, values: Record<string, DuckDBValue>): Promise<number[]> {
    this.#check();
    return this.#database.column<number>(`SELECT row FROM pins WHERE ${condition}`, values);
  }

  /**
   * What pins.parquet says of these rows, in their order: `row`, `id` and the columns of the pins file.
   * @param columns Default: all.
   */
  describePins(rows: ArrayLike<number>, columns?: string[]): Promise<Record<string, unknown>[]> {
    return this.#describe('pin', this.pins, rows, columns);
  }

  /** As describePins, of boards. */
  describeBoards(rows: ArrayLike<number>, columns?: string[]): Promise<Record<string, unknown>[]> {
    return this.#describe('board', this.boards, rows, columns);
  }

  /** The names of the columns of pins.parquet or boards.parquet, `row` and `id` among them, and their types as DuckDB names them. */
  columns(side: Side): Promise<Map<string, string>> {
    this.#check();
    const known = this.#columns.get(side) ?? this.#database.describe(`SELECT * FROM ${side}s`);
    this.#columns.set(side, known);
    return known;
  }

  /** The rows of pins whose title holds the text, whatever the case: titles that begin with it first, then shorter ones. */
  async search(text: string, options: { limit?: number } = {}): Promise<Uint32Array> {
    this.#check();
    const limit = checkInteger('limit', options.limit ?? 10, 1, 10_000);
    const { title } = this.manifest.columns;
    if (title === undefined) {
      throw new PinSageError(
        'NOT_FOUND',
        'The dataset has no title column to search: name one at import (title, --title).',
      );
    }
    const column = `CAST(${identifier(title)} AS VARCHAR)`;
    const rows = await this.#database.rows<{ row: number }>(
      `SELECT row FROM pins WHERE contains(lower(${column}), lower($text))
       ORDER BY NOT starts_with(lower(${column}), lower($text)), length(${column}), row LIMIT ${limit}`,
      { text },
    );
    return Uint32Array.from(rows, ({ row }) => row);
  }

  /** Arrays of the dataset are empty from now on. Resolves when calls of its graph that were running are done. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    await this.#graph?.then(
      (graph) => graph.close(),
      () => {},
    );
    await this.#database.close();
    this.#pinFeatures.close();
    this.#boardFeatures.close();
  }

  async #openGraph(): Promise<Graph> {
    const graph = await Graph.open(this.directory);
    const { pins, boards, edges } = this;
    if (graph.pins !== pins || graph.boards !== boards || graph.edges !== edges) {
      await graph.close();
      throw this.#corrupt(
        `its graph has ${graph.pins} pins, ${graph.boards} boards and ${graph.edges} edges, its manifest ${pins}, ${boards} and ${edges}`,
      );
    }
    if ((graph.arrays.boardTypes !== undefined) !== this.boardTypes.length > 0) {
      await graph.close();
      throw this.#corrupt('one of its graph and its manifest has types of boards, and the other has not');
    }
    return graph;
  }

  async #openTable(side: Side, expected: number): Promise<void> {
    const path = join(this.directory, `${side}s.parquet`);
    try {
      await this.#database.run(`CREATE VIEW ${side}s AS SELECT * FROM read_parquet(${pathLiteral(resolve(path))})`);
      const { count } = await this.#database.row<{ count: number }>(`SELECT count(*) AS count FROM ${side}s`);
      if (count !== expected) throw this.#corrupt(`${path} has ${count} rows, its manifest says ${expected}`);
    } catch (cause) {
      if (cause instanceof PinSageError) throw cause;
      throw new PinSageError('FILE_CORRUPT', `${path} cannot be read: ${reasonOf(cause)}`, { cause });
    }
  }

  async #rowsOf(side: Side, ids: ExternalId[]): Promise<Int32Array> {
    this.#check();
    const result = new Int32Array(ids.length).fill(-1);
    if (ids.length === 0) return result;
    const type = this.manifest.ids[side].type === 'integer' ? 'BIGINT' : 'VARCHAR';
    const values: Record<string, DuckDBValue> = { ids: listValue(ids.map(String)) };
    const found = await this.#database.rows<{ position: number; row: number }>(
      `SELECT position, row FROM (SELECT unnest($ids) AS wanted, generate_subscripts($ids, 1) AS position)
       JOIN ${side}s ON id = TRY_CAST(wanted AS ${type}) AND CAST(id AS VARCHAR) = wanted`,
      values,
    );
    for (const { position, row } of found) result[position - 1] = row;
    return result;
  }

  async #describe(
    side: Side,
    count: number,
    rows: ArrayLike<number>,
    columns?: string[],
  ): Promise<Record<string, unknown>[]> {
    this.#check();
    const wanted = Array.from(rows, (row, i) => checkInteger(`rows[${i}]`, row, 0, count - 1));
    if (wanted.length === 0) return [];
    const known = await this.columns(side);
    for (const column of columns ?? []) {
      if (!known.has(column)) throw invalidArgument('columns', column, [...known.keys()].join(', '));
    }
    const selected = [...new Set(['row', 'id', ...(columns ?? known.keys())])].map(identifier).join(', ');
    const found = await this.#database.rows<{ row: number }>(
      `SELECT ${selected} FROM ${side}s WHERE row IN (${[...new Set(wanted)].join(', ')})`,
    );
    const byRow = new Map(found.map((record) => [record.row, record]));
    return wanted.map((row) => ({ ...byRow.get(row)! }));
  }

  #corrupt(reason: string): PinSageError {
    return new PinSageError('FILE_CORRUPT', `${this.directory} cannot be used: ${reason}.`);
  }

  #check(): void {
    if (this.#closed !== undefined) throw new PinSageError('CLOSED', `${this.directory} is closed.`);
  }
}
