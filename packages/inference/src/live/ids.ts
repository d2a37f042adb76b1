import type { ExternalId } from '@pinsage/graph';
import { invalidArgument } from '@pinsage/native';
import { parseInteger } from '../serving/id-columns.js';

export type IdType = 'integer' | 'string';

/**
 * An id as one text: equal ids have equal texts, whether they were given as texts or numbers.
 *
 * @throws PinSageError INVALID_ARGUMENT for what a dataset with ids of this type could not hold
 */
export function idText(argument: string, id: unknown, type: IdType): string {
  const isNumber = typeof id === 'bigint' || Number.isSafeInteger(id);
  const text = typeof id === 'string' || isNumber ? String(id) : '';
  if (type === 'integer') {
    if (parseInteger(text) !== undefined) return text;
    throw invalidArgument(argument, id, "an integer of 64 bits, as all ids of the dataset's are");
  }
  if (text === '' || !isStorable(text)) throw invalidArgument(argument, id, 'a text of at least one character');
  return text;
}

/** As the dataset gives it out. */
export function idOf(text: string, type: IdType): ExternalId {
  return type === 'string' ? text : parseInteger(text)!;
}

/** Whether a text comes back from a Parquet file as it was: it is whole UTF-16, without U+0000. */
export function isStorable(text: string): boolean {
  return !text.includes('\0') && Buffer.from(text).toString() === text;
}
