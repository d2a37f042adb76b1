import type { AddedPin, ExternalId } from '@pinsage/graph';
import { invalidArgument } from '@pinsage/native';
import { add, emptyBitset } from '../serving/bitset.js';
import type { Catalogue, WalkQuery } from '../serving/catalogue.js';
import type { DatasetCatalogue } from '../serving/dataset-catalogue.js';
import type { Filter } from '../serving/filter.js';
import { filterPredicate } from '../serving/filter-predicate.js';
import type { Nearest } from '../serving/pin-index.js';
import { shownValue } from './column-values.js';
import { type IdType, idOf } from './ids.js';
import type { LivePin } from './records.js';

/** Titles that a search looks at, at most. */
const MOST_TITLES = 10_000;

/** What a generation of the dataset has to be written of. */
export interface CatalogueSnapshot {
  /** Removed rows of the dataset. */
  removed: number[];
  /** Rows of the pins that were added and are alive, and what they are. */
  rows: number[];
  pins: AddedPin[];
  boards: ExternalId[];
  /** By rows: those of the dataset, then those of `pins` and of `boards`. */
  edges: { pins: number[]; boards: number[] };
}

/** A dataset's pins and boards, and what was added and removed since. */
export class LiveCatalogue implements Catalogue {
  readonly base: DatasetCatalogue;
  /** Names and types of the pins' columns, without `row` and `id`. */
  readonly columns: Map<string, string>;
  readonly #boardColumns: string[];
  readonly #types: Record<'pin' | 'board', IdType>;
  /** The first has the row `base.rows`; removed ones keep their place. */
  readonly #pins: LivePin[] = [];
  readonly #boards: string[] = [];
  readonly #pinRows = new Map<string, number>();
  readonly #boardRows = new Map<string, number>();
  readonly #removed = new Set<number>();
  /** Added edges, both ways. */
  readonly #boardsOf = new Map<number, Set<number>>();
  readonly #membersOf = new Map<number, Set<number>>();
  /** By the bits of the dataset's pins. */
  readonly #matching = new WeakMap<Uint8Array, { rows: number; bits: Uint8Array }>();

  private constructor(base: DatasetCatalogue, columns: Map<string, string>, boardColumns: string[]) {
    const { pin, board } = base.dataset.manifest.ids;
    this.base = base;
    this.columns = columns;
    this.#boardColumns = boardColumns;
    this.#types = { pin: pin.type, board: board.type };
  }

  /** @param base It stays the caller's to close. */
  static async over(base: DatasetCatalogue): Promise<LiveCatalogue> {
    const own = ([name]: [string, string]) => name !== 'row' && name !== 'id';
    const pins = [...(await base.dataset.columns('pin'))].filter(own);
    const boards = [...(await base.dataset.columns('board'))].filter(own);
    return new LiveCatalogue(
      base,
      new Map(pins),
      boards.map(([name]) => name),
    );
  }

  get rows(): number {
    return this.base.rows + this.#pins.length;
  }

  get alive(): number {
    return this.rows - this.#removed.size;
  }

  get boardRows(): number {
    return this.base.boardRows + this.#boards.length;
  }

  pinRows(ids: ExternalId[]): Int32Array {
    const inBase = this.base.pinRows(ids);
    return inBase.map((row, i) => this.#pinRows.get(String(ids[i])) ?? (this.#removed.has(row) ? -1 : row));
  }

  boardRow(id: ExternalId): number {
    return this.#boardRows.get(String(id)) ?? this.base.boardRow(id);
  }

  pinId(row: number): ExternalId {
    const { rows } = this.base;
    return row < rows ? this.base.pinId(row) : idOf(this.#pins[row - rows].id, this.#types.pin);
  }

  boardId(row: number): ExternalId {
    const { boardRows } = this.base;
    return row < boardRows ? this.base.boardId(row) : idOf(this.#boards[row - boardRows], this.#types.board);
  }

  isAlive(row: number): boolean {
    return row >= 0 && row < this.rows && !this.#removed.has(row);
  }

  membersOf(boardRow: number): Uint32Array {
    const base = boardRow < this.base.boardRows ? this.base.membersOf(boardRow) : new Uint32Array(0);
    const members = union(base, this.#membersOf.get(boardRow));
    return this.#removed.size === 0 ? members : members.filter((row) => !this.#removed.has(row));
  }

  boardsOf(pinRow: number): Uint32Array {
    if (this.#removed.has(pinRow)) return new Uint32Array(0);
    const base = pinRow < this.base.rows ? this.base.boardsOf(pinRow) : new Uint32Array(0);
    return union(base, this.#boardsOf.get(pinRow));
  }

  /** Over the dataset's graph: pins, boards and edges that came since are not in it yet. */
  async walk({ rows, weights }: WalkQuery, options: { top: number; signal?: AbortSignal }): Promise<Nearest> {
    const known = Array.from(rows, (_, i) => i).filter((i) => rows[i] < this.base.rows);
    return this.base.walk(
      { rows: known.map((i) => rows[i]), weights: weights && known.map((i) => weights[i]) },
      options,
    );
  }

  async describe(rows: ArrayLike<number>, columns?: string[]): Promise<Record<string, unknown>[]> {
    return this.#describe(rows, this.base.rows, [...this.columns.keys()], columns, {
      base: (known) => this.base.describe(known, columns),
      id: (row) => this.pinId(row),
      value: (row, name) => shownValue(this.columns.get(name)!, this.#pins[row - this.base.rows].columns[name]),
    });
  }

  async describeBoards(rows: ArrayLike<number>, columns?: string[]): Promise<Record<string, unknown>[]> {
    return this.#describe(rows, this.base.boardRows, this.#boardColumns, columns, {
      base: (known) => this.base.describeBoards(known, columns),
      id: (row) => this.boardId(row),
      value: () => null,
    });
  }

  async matching(filter: Filter): Promise<Uint8Array> {
    const inBase = await this.base.matching(filter);
    if (this.#pins.length === 0) return inBase;
    const known = this.#matching.get(inBase);
    if (known?.rows === this.rows) return known.bits;
    const test = filterPredicate(await this.base.conditions(filter));
    const { rows } = this;
    const bits = emptyBitset(rows);
    bits.set(inBase);
    this.#pins.forEach(({ columns }, i) => {
      if (test(this.#shown(columns))) add(bits, this.base.rows + i);
    });
    this.#matching.set(inBase, { rows, bits });
    return bits;
  }

  async search(text: string, options: { limit?: number } = {}): Promise<Uint32Array> {
    const { limit = 10 } = options;
    const wanted = Number.isInteger(limit) ? Math.min(MOST_TITLES, limit + this.#removed.size) : limit;
    const inBase = await this.base.search(text, { limit: wanted });
    const title = this.base.dataset.manifest.columns.title!;
    const lower = text.toLowerCase();
    const added = Array.from(this.#pins, (_, i) => this.base.rows + i).filter((row) => {
      return this.#titleOf(row, title).toLowerCase().includes(lower);
    });
    const rows = [...inBase, ...added].filter((row) => this.isAlive(row));
    const described = await this.describe(rows, [title]);
    const titles = new Map(rows.map((row, i) => [row, String(described[i][title] ?? '')]));
    const later = (row: number) => Number(!titles.get(row)!.toLowerCase().startsWith(lower));
    const order = (a: number, b: number) =>
      later(a) - later(b) || [...titles.get(a)!].length - [...titles.get(b)!].length || a - b;
    return Uint32Array.from(rows.sort(order).slice(0, limit));
  }

  /** What an added pin was given as; undefined for one of the dataset. */
  addedPin(row: number): LivePin | undefined {
    return this.#pins[row - this.base.rows];
  }

  /** Adds a pin, whose id must not be there, and returns its row. */
  addPin(pin: LivePin): number {
    const row = this.rows;
    this.#pins.push(pin);
    this.#pinRows.set(pin.id, row);
    return row;
  }

  /** The row of a board, which is made when it is not there. */
  makeBoard(id: string): number {
    const known = this.boardRow(id);
    if (known >= 0) return known;
    const row = this.boardRows;
    this.#boards.push(id);
    this.#boardRows.set(id, row);
    return row;
  }

  hasEdge(pinRow: number, boardRow: number): boolean {
    if (this.#boardsOf.get(pinRow)?.has(boardRow)) return true;
    return pinRow < this.base.rows && this.base.boardsOf(pinRow).includes(boardRow);
  }

  /** Adds an edge, unless it is there. */
  addEdge(pinRow: number, boardRow: number): void {
    if (this.hasEdge(pinRow, boardRow)) return;
    setOf(this.#boardsOf, pinRow).add(boardRow);
    setOf(this.#membersOf, boardRow).add(pinRow);
  }

  removePin(row: number): void {
    this.#removed.add(row);
    const pin = this.addedPin(row);
    // Its id may be that of a later pin.
    if (pin !== undefined && this.#pinRows.get(pin.id) === row) this.#pinRows.delete(pin.id);
    for (const board of this.#boardsOf.get(row) ?? []) this.#membersOf.get(board)?.delete(row);
    this.#boardsOf.delete(row);
  }

  snapshot(): CatalogueSnapshot {
    const { rows } = this.base;
    const alive = this.#pins.map((_, i) => rows + i).filter((row) => !this.#removed.has(row));
    const places = new Map(alive.map((row, i) => [row, rows + i]));
    const edges = [...this.#boardsOf].flatMap(([pin, boards]) => {
      return Array.from(boards, (board) => [places.get(pin) ?? pin, board] as const);
    });
    return {
      removed: [...this.#removed].filter((row) => row < rows),
      rows: alive,
      pins: alive.map((row) => ({ ...this.addedPin(row)!, id: this.pinId(row) })),
      boards: this.#boards.map((_, i) => this.boardId(this.base.boardRows + i)),
      edges: { pins: edges.map(([pin]) => pin), boards: edges.map(([, board]) => board) },
    };
  }

  #shown(columns: LivePin['columns']): Record<string, unknown> {
    return Object.fromEntries([...this.columns].map(([name, type]) => [name, shownValue(type, columns[name])]));
  }

  #titleOf(row: number, title: string): string {
    return String(this.addedPin(row)?.columns[title] ?? '');
  }

  /** Rows from `known` on were added. */
  async #describe(
    rows: ArrayLike<number>,
    known: number,
    names: string[],
    columns: string[] | undefined,
    of: {
      base(rows: number[]): Promise<Record<string, unknown>[]>;
      id(row: number): ExternalId;
      value(row: number, name: string): unknown;
    },
  ): Promise<Record<string, unknown>[]> {
    const strange = columns?.find((name) => !names.includes(name) && name !== 'row' && name !== 'id');
    if (strange !== undefined) throw invalidArgument('columns', strange, ['row', 'id', ...names].join(', '));
    const inBase = await of.base(Array.from(rows).filter((row) => row < known));
    const wanted = (columns ?? names).filter((name) => names.includes(name));
    let next = 0;
    return Array.from(rows, (row) => {
      if (row < known) return inBase[next++];
      return { row, id: of.id(row), ...Object.fromEntries(wanted.map((name) => [name, of.value(row, name)])) };
    });
  }
}

function setOf(sets: Map<number, Set<number>>, key: number): Set<number> {
  let set = sets.get(key);
  if (set === undefined) {
    set = new Set();
    sets.set(key, set);
  }
  return set;
}

/** Ascending. */
function union(base: Uint32Array, added: Set<number> | undefined): Uint32Array {
  return added === undefined || added.size === 0 ? base : Uint32Array.from([...base, ...added]).sort();
}
