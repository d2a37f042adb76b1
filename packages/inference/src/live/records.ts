import { PinSageError } from '@pinsage/native';
import type { ColumnValue } from './column-values.js';

/** A pin that was added. */
export interface LivePin {
  id: string;
  /** Raw values by the features' names, as JSON holds them. */
  features: Record<string, unknown>;
  columns: Record<string, ColumnValue>;
}

/** What the log holds of one change. Ids are texts: rows are others in every generation. */
export type LiveRecord =
  | { kind: 'pins'; pins: (LivePin & { boards: string[] })[]; vectors: Float32Array }
  /** Pins and boards of edges; and of all pins among them, once each, what they are embedded as since. */
  | { kind: 'edges'; edges: [string, string][]; pins: string[]; vectors: Float32Array }
  | { kind: 'removal'; pins: string[] };

const KINDS = ['pins', 'edges', 'removal'];
const NO_VECTORS = new Float32Array(0);

/** Bytes of the JSON (u32), the JSON, the vectors (f32); little-endian. */
export function encodeRecord(record: LiveRecord): Buffer {
  const vectors = record.kind === 'removal' ? NO_VECTORS : record.vectors;
  const json = Buffer.from(JSON.stringify({ ...record, vectors: undefined }));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(json.length);
  return Buffer.concat([length, json, Buffer.from(vectors.buffer, vectors.byteOffset, vectors.byteLength)]);
}

/** @throws PinSageError FILE_CORRUPT, which its checksum should have told */
export function decodeRecord(record: Buffer): LiveRecord {
  try {
    const end = 4 + record.readUInt32LE(0);
    const bytes = Uint8Array.prototype.slice.call(record, end);
    const decoded = JSON.parse(record.toString('utf8', 4, end)) as LiveRecord;
    if (KINDS.includes(decoded.kind)) return Object.assign(decoded, { vectors: new Float32Array(bytes.buffer) });
  } catch {}
  throw new PinSageError('FILE_CORRUPT', 'The log holds a record that cannot be read.');
}
