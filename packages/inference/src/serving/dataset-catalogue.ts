import type { Dataset, ExternalId } from '@pinsage/graph';
import { checkInteger, type Graph } from '@pinsage/native';
import { add, emptyBitset } from './bitset.js';
import type { Catalogue, WalkQuery } from './catalogue.js';
import { type Condition, type Filter, type FilterColumn, filterColumns, parseFilter } from './filter.js';
import { filterSql, type SqlCondition } from './filter-sql.js';
import { IdMap } from './id-map.js';
import { Lru } from './lru.js';
import type { Nearest } from './pin-index.js';
import { RowReader } from './row-reader.js';

/** Described pins and boards that are remembered. */
const REMEMBERED = 10_000;
/** Hops of the walks of one query: enough for the order of the first hundred pins, in about a millisecond. */
const WALK_STEPS = 20_000;
/** Lists of columns that are read together for many callers. */
const READERS = 64;
/** Filters whose pins are remembered: a bit a pin each. */
const FILTERS = 64;

/** The pins and boards of a dataset as it lies on the disk. Only columns are read from its tables, and only when they are asked for. */
export class DatasetCatalogue implements Catalogue {
  readonly dataset: Dataset;
  readonly graph: Graph;
  readonly #ids: IdMap;
  readonly #described = new Lru<string, Record<string, unknown>>(REMEMBERED);
  readonly #readers = new Lru<string, RowReader>(READERS);
  readonly #matching = new Lru<string, Promise<Uint8Array>>(FILTERS);
  #filterColumns?: Promise<Map<string, FilterColumn>>;

  private constructor(dataset: Dataset, graph: Graph, ids: IdMap) {
    this.dataset = dataset;
    this.graph = graph;
    this.#ids = ids;
  }

  /** @param dataset It stays the caller's to close. @param onWarning Told of files that had to be made anew, or could not be. */
  static async open(dataset: Dataset, onWarning?: (message: string) => void): Promise<DatasetCatalogue> {
    const graph = await dataset.graph();
    return new DatasetCatalogue(dataset, graph, await IdMap.open(dataset, onWarning));
  }

  get rows(): number {
    return this.dataset.pins;
  }

  get alive(): number {
    return this.rows;
  }

  get boardRows(): number {
    return this.dataset.boards;
  }

  pinRows(ids: ExternalId[]): Int32Array {
    return Int32Array.from(ids, (id) => this.#ids.pins.rowOf(id));
  }

  boardRow(id: ExternalId): number {
    return this.#ids.boards.rowOf(id);
  }

  pinId(row: number): ExternalId {
    return this.#ids.pins.idOf(row);
  }

  boardId(row: number): ExternalId {
    return this.#ids.boards.idOf(row);
  }

  isAlive(row: number): boolean {
    return row >= 0 && row < this.rows;
  }

  membersOf(boardRow: number): Uint32Array {
    return this.graph.pinsOf(boardRow);
  }

  boardsOf(pinRow: number): Uint32Array {
    return this.graph.boardsOf(pinRow);
  }

  async walk({ rows, weights }: WalkQuery, options: { top: number; signal?: AbortSignal }): Promise<Nearest> {
    const used = Array.from(rows, (_, i) => i).filter((i) => (weights?.[i] ?? 1) > 0);
    if (used.length === 0) return { rows: new Uint32Array(0), scores: new Float32Array(0) };
    const pins = Uint32Array.from(used, (i) => rows[i]);
    const query = { pins, weights: weights && Float32Array.from(used, (i) => weights[i]) };
    const { ids, scores } = await this.graph.recommend(query, { ...options, steps: WALK_STEPS });
    return { rows: ids, scores };
  }

  async describe(rows: ArrayLike<number>, columns?: string[]): Promise<Record<string, unknown>[]> {
    if (columns?.length === 0) return Array.from(rows, (row) => ({ row, id: this.pinId(row) }));
    return this.#describe('pin', this.rows, rows, columns, (missing) => this.dataset.describePins(missing, columns));
  }

  async describeBoards(rows: ArrayLike<number>, columns?: string[]): Promise<Record<string, unknown>[]> {
    if (columns?.length === 0) return Array.from(rows, (row) => ({ row, id: this.boardId(row) }));
    return this.#describe('board', this.boardRows, rows, columns, (missing) =>
      this.dataset.describeBoards(missing, columns),
    );
  }

  /** A filter's conditions, checked. @throws PinSageError INVALID_ARGUMENT */
  async conditions(filter: Filter): Promise<Condition[]> {
    this.#filterColumns ??= filterColumns(this.dataset);
    return parseFilter(filter, await this.#filterColumns);
  }

  async matching(filter: Filter): Promise<Uint8Array> {
    const sql = filterSql(await this.conditions(filter));
    const key = JSON.stringify(sql, (_, value) => (typeof value === 'bigint' ? `${value}n` : value));
    let matching = this.#matching.get(key);
    if (matching === undefined) {
      matching = this.#evaluate(sql);
      this.#matching.set(key, matching);
      matching.catch(() => this.#matching.delete(key));
    }
    return matching;
  }

  search(text: string, options?: { limit?: number }): Promise<Uint32Array> {
    return this.dataset.search(text, options);
  }

  close(): void {
    this.#ids.close();
  }

  async #evaluate({ condition, values }: SqlCondition): Promise<Uint8Array> {
    const bits = emptyBitset(this.rows);
    for (const row of await this.dataset.pinsWhere(condition, values)) add(bits, row);
    return bits;
  }

  /** What is remembered, and what `read` gives for the other rows. */
  async #describe(
    side: string,
    count: number,
    rows: ArrayLike<number>,
    columns: string[] | undefined,
    read: (rows: number[]) => Promise<Record<string, unknown>[]>,
  ): Promise<Record<string, unknown>[]> {
    // A bad row must not fail the others that are read with it.
    const wanted = Array.from(rows, (row, i) => checkInteger(`rows[${i}]`, row, 0, count - 1));
    const table = JSON.stringify([side, columns]);
    const key = (row: number) => `${row} ${table}`;
    const known = wanted.map((row) => this.#described.get(key(row)));
    const missing = wanted.filter((_, i) => known[i] === undefined);
    let reader = this.#readers.get(table);
    if (reader === undefined) {
      reader = new RowReader(read);
      this.#readers.set(table, reader);
    }
    const found = await reader.rows(missing);
    missing.forEach((row, i) => {
      this.#described.set(key(row), found[i]);
    });
    let next = 0;
    return known.map((record) => ({ ...(record ?? found[next++]) }));
  }
}
