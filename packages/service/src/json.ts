import type { ExternalId } from '@pinsage/graph';

/** An id as it is over HTTP, where 64-bit integers would lose digits. */
export function idText(id: ExternalId): string {
  return String(id);
}

/** A value of a table as JSON has it: integers beyond 2^53 as texts, times as ISO 8601 writes them. */
export function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map(plain);
  if (ArrayBuffer.isView(value)) return Array.from(value as Float32Array);
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plain(inner)]));
}

/** A pin or board with its id as a text. */
export function plainRecord<T extends Record<string, unknown>>(record: T): T & { id: string } {
  const made: Record<string, unknown> = {};
  for (const name in record) made[name] = plain(record[name]);
  made.id = idText(record.id as ExternalId);
  return made as T & { id: string };
}
