import { PinSageError } from '@pinsage/native';
import type { NodeTable } from '../load-nodes.js';
import type { Source } from '../source.js';

/** Vectors of pins or boards, wherever they are. */
export interface VectorSource {
  /** The file as the caller named it, or the query. */
  name: string;
  width: number;
  /** All that there are, a few megabytes at a time. */
  blocks(): AsyncGenerator<VectorBlock>;
  close(): Promise<void>;
}

export interface VectorBlock {
  /** [n] The row of the pin or board, or UNKNOWN. */
  rows: Uint32Array;
  /** [n, width] */
  values: Float32Array;
}

/** In the place of a row: the dataset has no such pin or board. */
export const UNKNOWN = 2 ** 32 - 1;

/** The pins or boards of a dataset that is being made: the table `<side>_rows`. */
export interface Nodes {
  side: 'pin' | 'board';
  count: number;
  /** What the column of the ids is called. */
  id: string;
  /** Their file, when they have one. */
  file?: NodeTable;
}

/** @throws INVALID_ARGUMENT when vectors without ids cannot be matched with the rows of the nodes' file. */
export function checkRowCount({ side, file }: Nodes, name: string, rows: number): void {
  if (file !== undefined && file.rejected === 0 && file.rows === rows) return;
  let reason = `there is no file of the ${side}s`;
  if (file !== undefined) {
    reason = `${file.name} has ${file.rejected > 0 ? `${file.rejected} rows that cannot be read` : `${file.rows} rows`}`;
  }
  const message = `${name} has ${rows} vectors without ids, and ${reason}: nothing says whose they are. Give their ids.`;
  throw new PinSageError('INVALID_ARGUMENT', message, { argument: 'ids', allowed: 'ids of the rows' });
}

/** The column of a table that has the ids: of the name that it has elsewhere, or `id`. */
export function idColumn(source: Source, { id }: Nodes): string | undefined {
  return [id, 'id'].find((name) => source.columns.has(name));
}
