import type { ExternalId } from '@pinsage/graph';
import type { Filter } from './filter.js';
import type { Nearest } from './pin-index.js';

/** Pins that walks start from. */
export interface WalkQuery {
  rows: ArrayLike<number>;
  /** [rows] How much each matters; one that is not above 0 is left out. Default: 1 each. */
  weights?: ArrayLike<number>;
}

/**
 * What the pins and boards are: a dataset, or a dataset and what was added and removed since. Rows of pins are numbered as ever they
 * were given: the dataset's first, then added ones; a removed pin keeps its row and is no longer alive.
 */
export interface Catalogue {
  /** Rows of pins ever given. */
  readonly rows: number;
  /** Pins that are there: all rows but those of removed ones. */
  readonly alive: number;
  /** Rows of boards ever given. */
  readonly boardRows: number;
  /** The rows of pins by their ids; -1 for an id that is unknown or removed. */
  pinRows(ids: ExternalId[]): Int32Array;
  /** The row of a board by its id; -1 for one that is unknown. */
  boardRow(id: ExternalId): number;
  pinId(row: number): ExternalId;
  boardId(row: number): ExternalId;
  isAlive(row: number): boolean;
  /** The pins of a board, ascending, without removed ones. */
  membersOf(boardRow: number): Uint32Array;
  /** The boards of a pin, ascending. */
  boardsOf(pinRow: number): Uint32Array;
  /** Pins that random walks from these pins visit most, best first, without them: Pixie's query over the graph as it is. */
  walk(pins: WalkQuery, options: { top: number; signal?: AbortSignal }): Promise<Nearest>;
  /** `row`, `id` and the columns of these pins, in their order. @param columns Default: all. */
  describe(rows: ArrayLike<number>, columns?: string[]): Promise<Record<string, unknown>[]>;
  /** As describe, of boards. */
  describeBoards(rows: ArrayLike<number>, columns?: string[]): Promise<Record<string, unknown>[]>;
  /** The pins for which a filter holds: bit `row & 7` of byte `row >> 3`. The array may be kept and is not to be written to. */
  matching(filter: Filter): Promise<Uint8Array>;
  /** The rows of pins whose title holds the text, best first. @param options.limit Default 10. */
  search(text: string, options?: { limit?: number }): Promise<Uint32Array>;
}
