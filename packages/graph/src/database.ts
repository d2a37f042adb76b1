import { setImmediate } from 'node:timers/promises';
import { type DuckDBConnection, type DuckDBDataChunk, DuckDBInstance, type DuckDBValue } from '@duckdb/node-api';
import { PinSageError } from '@pinsage/native';

/** A DuckDB database, which one import or one open dataset owns. */
export class Database {
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;
  readonly #signal?: AbortSignal;
  readonly #interrupt = () => this.#connection.interrupt();
  readonly #running = new Set<Promise<unknown>>();
  #names = 0;
  #open = true;

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection, signal?: AbortSignal) {
    this.#instance = instance;
    this.#connection = connection;
    this.#signal = signal;
    signal?.addEventListener('abort', this.#interrupt);
  }

  /**
   * @param options.spill A directory for what does not fit into memory.
   * @param options.tables A file for the tables, where they are compressed. Default: they are in memory.
   * @param options.memory Bytes that it may take. Default: DuckDB's, four fifths of the machine's.
   * @param options.signal Ends the running statement when it aborts; every later one fails too.
   */
  static async open(
    options: { spill?: string; tables?: string; memory?: number; signal?: AbortSignal } = {},
  ): Promise<Database> {
    const { spill, tables = ':memory:', memory, signal } = options;
    // DuckDB reads what follows a question mark in the path as options.
    const instance = await DuckDBInstance.create(tables.includes('?') ? ':memory:' : tables, {
      // Nothing here may depend on where the machine stands, or need the network.
      autoinstall_known_extensions: 'false',
      ...(spill && { temp_directory: spill }),
      ...(memory && { memory_limit: `${Math.floor(memory / 2 ** 10)}KiB` }),
    });
    const database = new Database(instance, await instance.connect(), signal);
    await database.run("SET TimeZone = 'UTC'");
    // Nobody opens the file again.
    await database.run('PRAGMA disable_checkpoint_on_shutdown');
    return database;
  }

  /** A table's name that was not given before. */
  freshName(prefix: string): string {
    return `${prefix}_${++this.#names}`;
  }

  async run(sql: string): Promise<void> {
    await this.#guard(() => this.#connection.run(sql));
  }

  /** Adds rows to a table of one column of integers. */
  async appendIntegers(table: string, values: BigInt64Array): Promise<void> {
    const appender = await this.#guard(() => this.#connection.createAppender(table));
    try {
      for (const [i, value] of values.entries()) {
        appender.appendBigInt(value);
        appender.endRow();
        if (i % 2 ** 16 === 0) await this.#guard(() => setImmediate());
      }
    } finally {
      appender.closeSync();
    }
  }

  /** All rows of a query, as objects of plain JavaScript values. */
  async rows<T = Record<string, unknown>>(sql: string, values?: Record<string, DuckDBValue>): Promise<T[]> {
    const reader = await this.#guard(() => this.#connection.runAndReadAll(sql, values));
    return reader.getRowObjectsJS().map((row) => {
      return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, plain(value)])) as T;
    });
  }

  /** All values of a query's only column. */
  async column<T extends DuckDBValue>(sql: string, values?: Record<string, DuckDBValue>): Promise<T[]> {
    const reader = await this.#guard(() => this.#connection.runAndReadAll(sql, values));
    return (reader.getColumns()[0] ?? []) as T[];
  }

  async row<T = Record<string, unknown>>(sql: string): Promise<T> {
    return (await this.rows<T>(sql))[0];
  }

  /** The names and types of a query's columns. */
  async describe(sql: string): Promise<Map<string, string>> {
    const rows = await this.rows<{ column_name: string; column_type: string }>(`DESCRIBE ${sql}`);
    return new Map(rows.map((row) => [row.column_name, row.column_type]));
  }

  /** A query's rows in chunks of at most 2048, without holding more than a few of them. */
  async *chunks(sql: string): AsyncGenerator<DuckDBDataChunk> {
    const result = await this.#guard(() => this.#connection.stream(sql));
    for (;;) {
      const chunk = await this.#guard(() => result.fetchChunk());
      if (chunk === null || chunk.rowCount === 0) return;
      yield chunk;
    }
  }

  /** Waits for statements that are running. */
  async close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    await Promise.allSettled(this.#running);
    this.#signal?.removeEventListener('abort', this.#interrupt);
    this.#connection.closeSync();
    this.#instance.closeSync();
  }

  /** @throws ABORTED */
  throwIfAborted(): void {
    if (this.#signal?.aborted) {
      throw new PinSageError('ABORTED', 'The call was aborted.', { cause: this.#signal.reason });
    }
  }

  async #guard<T>(call: () => Promise<T>): Promise<T> {
    this.throwIfAborted();
    const running = call();
    this.#running.add(running);
    try {
      return await running;
    } catch (error) {
      this.throwIfAborted();
      throw fromDuckDB(error);
    } finally {
      this.#running.delete(running);
    }
  }
}

/** What DuckDB threw, as a PinSageError where it is the machine that has too little of something. */
export function fromDuckDB(error: unknown): unknown {
  const { message } = error as Error;
  if (/No space left/i.test(message)) return new PinSageError('IO', 'The disk is full.', { cause: error });
  if (/^Out of Memory/i.test(message)) return new PinSageError('OUT_OF_MEMORY', message, { cause: error });
  return error;
}

/** A column's or table's name in SQL. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text in SQL. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A file's path in SQL, where DuckDB reads: *, ? and [ are themselves, and not patterns. */
export function pathLiteral(path: string): string {
  return literal(path.replace(/[*?[]/g, '[$&]'));
}

/** What DuckDB says, without the piece of SQL that it points at: that is ours. */
export function reasonOf(error: unknown): string {
  return (error as Error).message.split(/\n+LINE \d+:/)[0].trim();
}

/** 64-bit integers as numbers where those hold them. */
function plain(value: unknown): unknown {
  if (typeof value !== 'bigint') return value;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
