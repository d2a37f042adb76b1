import { PinSageError } from '@pinsage/native';
import type { Database } from '../database.js';
import { type Nodes, UNKNOWN, type VectorSource } from './vector-source.js';

/** What became of the vectors of a file. */
export interface VectorCounts {
  vectors: number;
  /** Vectors of pins (or boards) that the dataset does not have. */
  unknown: number;
  /** Vectors with a NaN or an infinity: they count as missing. */
  notFinite: number;
  /** Pins (or boards) without a vector. */
  missing: number;
}

/**
 * Gives `put` every vector that can be used.
 * @throws BAD_ROWS when a pin has two; INVALID_ARGUMENT when no vector is of a pin.
 */
export async function storeVectors(
  database: Database,
  nodes: Nodes,
  source: VectorSource,
  put: (row: number, vector: Float32Array) => void,
): Promise<VectorCounts> {
  const { width } = source;
  const seen = new Uint8Array(nodes.count);
  const counts = { vectors: 0, unknown: 0, notFinite: 0, missing: nodes.count };
  for await (const { rows, values } of source.blocks()) {
    database.throwIfAborted();
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i];
      const vector = values.subarray(i * width, (i + 1) * width);
      counts.vectors++;
      if (row === UNKNOWN) counts.unknown++;
      else if (seen[row] === 1) throw await twice(database, nodes, source, row);
      else if (!allFinite(vector)) counts.notFinite++;
      else {
        put(row, vector);
        counts.missing--;
      }
      if (row !== UNKNOWN) seen[row] = 1;
    }
  }
  if (counts.vectors > 0 && counts.unknown === counts.vectors) throw await noneKnown(database, nodes, source);
  return counts;
}

function allFinite(vector: Float32Array): boolean {
  for (let i = 0; i < vector.length; i++) {
    if (!Number.isFinite(vector[i])) return false;
  }
  return true;
}

async function twice(database: Database, { side }: Nodes, { name }: VectorSource, row: number): Promise<PinSageError> {
  const { id } = await database.row<{ id: unknown }>(`SELECT id FROM ${side}_rows WHERE row = ${row}`);
  return new PinSageError('BAD_ROWS', `${name} has more than one vector for the ${side} ${id}.`, { value: id });
}

async function noneKnown(database: Database, { side }: Nodes, { name }: VectorSource): Promise<PinSageError> {
  const rows = await database.rows<{ id: unknown }>(`SELECT id FROM ${side}_rows ORDER BY row LIMIT 3`);
  const ids = rows.map(({ id }) => id).join(', ');
  const message = `None of the vectors of ${name} is of a ${side}; ids of ${side}s are such as ${ids}.`;
  return new PinSageError('INVALID_ARGUMENT', message, { argument: 'file', value: name });
}
