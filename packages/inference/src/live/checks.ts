import { type ExternalId, encodeFeatures, type FeatureColumn } from '@pinsage/graph';
import { checkInteger, invalidArgument, PinSageError } from '@pinsage/native';
import { type ColumnValue, columnValue } from './column-values.js';
import type { Generation } from './generation.js';
import { idText, isStorable } from './ids.js';
import type { LivePin } from './records.js';

/** A pin to add. */
export interface PinToAdd {
  /** One that no pin has; of the dataset's type of ids. */
  id: ExternalId;
  /** Raw values by the features' names, as they were imported; what is left out is missing. */
  features: Record<string, unknown>;
  /** Values of the pins' columns. Default: those of the features of the same names, where they fit. */
  columns?: Record<string, unknown>;
  /** Boards that it is on; those that are not there are made. Default: none. */
  boards?: ExternalId[];
}

export interface EdgeToAdd {
  pin: ExternalId;
  /** One that is not there is made. */
  board: ExternalId;
}

const MOST = 100_000;

/** A list of arguments: neither empty nor without bound. */
function checkList<T>(argument: string, given: T[]): T[] {
  if (!Array.isArray(given)) throw invalidArgument(argument, given, 'an array');
  checkInteger(`${argument}.length`, given.length, 1, MOST);
  return given;
}

/** @param taken Ids of pins that are about to be added. They are not added to it. */
export function checkPins(
  generation: Generation,
  given: PinToAdd[],
  taken: Set<string>,
): (LivePin & { boards: string[] })[] {
  const own = new Set<string>();
  return checkList('pins', given).map((pin, i) => {
    const argument = `pins[${i}]`;
    if (!isRecord(pin)) throw invalidArgument(argument, pin, 'an object with an id and features');
    const { catalogue, dataset } = generation;
    const id = idText(`${argument}.id`, pin.id, dataset.manifest.ids.pin.type);
    if (own.has(id) || taken.has(id) || catalogue.pinRows([id])[0] >= 0)
      throw invalidArgument(`${argument}.id`, pin.id, 'an id that no other pin has');
    own.add(id);
    const features = checkFeatures(`${argument}.features`, pin.features, dataset.features);
    return {
      id,
      features,
      columns: checkColumns(`${argument}.columns`, pin.columns ?? {}, features, generation),
      boards: checkBoards(`${argument}.boards`, pin.boards ?? [], generation),
    };
  });
}

/** The edges that are not there yet, by the texts of their ids. */
export function checkEdges(generation: Generation, given: EdgeToAdd[]): [string, string][] {
  const { ids } = generation.dataset.manifest;
  const edges = new Map<string, [string, string]>();
  checkList('edges', given).forEach((edge, i) => {
    const argument = `edges[${i}]`;
    if (!isRecord(edge)) throw invalidArgument(argument, edge, 'an object with a pin and a board');
    const pin = idText(`${argument}.pin`, edge.pin, ids.pin.type);
    const board = idText(`${argument}.board`, edge.board, ids.board.type);
    const { catalogue } = generation;
    const row = checkKnown(generation, `${argument}.pin`, pin);
    const boardRow = catalogue.boardRow(board);
    if (boardRow < 0 || !catalogue.hasEdge(row, boardRow)) edges.set(JSON.stringify([pin, board]), [pin, board]);
  });
  return [...edges.values()];
}

/** @param gone Ids of pins that are about to be removed. They are not added to it. */
export function checkRemoval(generation: Generation, given: ExternalId[], gone: Set<string>): string[] {
  const { type } = generation.dataset.manifest.ids.pin;
  const ids = checkList('ids', given).map((id, i) => {
    const argument = `ids[${i}]`;
    const text = idText(argument, id, type);
    if (gone.has(text)) throw notFound(argument, text);
    checkKnown(generation, argument, text);
    return text;
  });
  return [...new Set(ids)];
}

function checkKnown(generation: Generation, argument: string, pin: string): number {
  const [row] = generation.catalogue.pinRows([pin]);
  if (row < 0) throw notFound(argument, pin);
  return row;
}

function notFound(argument: string, pin: string): PinSageError {
  return new PinSageError('NOT_FOUND', `There is no pin with id '${pin}' (${argument}).`, { argument, value: pin });
}

function checkBoards(argument: string, given: unknown, { dataset }: Generation): string[] {
  if (!Array.isArray(given)) throw invalidArgument(argument, given, 'an array of ids');
  const { type } = dataset.manifest.ids.board;
  return [...new Set(given.map((id, i) => idText(`${argument}[${i}]`, id, type)))];
}

/** Raw values as JSON holds them, of which the features' encoders take every one. */
function checkFeatures(argument: string, given: unknown, columns: FeatureColumn[]): Record<string, unknown> {
  if (!isRecord(given)) throw invalidArgument(argument, given, 'an object of values by feature');
  const names = columns.map(({ name }) => name);
  const strange = Object.keys(given).find((name) => !names.includes(name));
  if (strange !== undefined)
    throw invalidArgument(argument, strange, names.join(', ') || 'none: there are no features');
  const values = columns
    .filter(({ name }) => given[name] !== undefined && given[name] !== null)
    .map((column) => [column.name, plainValue(`${argument}.${column.name}`, column, given[column.name])]);
  const features = Object.fromEntries(values);
  try {
    encodeFeatures(columns, [features]);
  } catch (error) {
    if (!(error instanceof PinSageError)) throw error;
    const { code, value, allowed, message } = error;
    const told = { argument: error.argument?.replace('rows[0]', argument), value, allowed };
    throw new PinSageError(code, message.replaceAll('rows[0]', argument), told);
  }
  return features;
}

function plainValue(argument: string, { kind }: FeatureColumn, value: unknown): unknown {
  if (kind === 'number') return value;
  if (kind === 'dense') {
    if (!Array.isArray(value) && !ArrayBuffer.isView(value))
      throw invalidArgument(argument, value, 'an array of numbers');
    return Array.from(value as ArrayLike<number>);
  }
  const texts = kind === 'categories' && Array.isArray(value) ? value : [value];
  const strange = texts.find(
    (text) => !['string', 'number', 'boolean'].includes(typeof text) || !isStorable(String(text)),
  );
  if (strange !== undefined) throw invalidArgument(argument, strange, 'a text');
  return Array.isArray(value) ? value.map(String) : String(value);
}

function checkColumns(
  argument: string,
  given: unknown,
  features: Record<string, unknown>,
  { catalogue, dataset }: Generation,
): Record<string, ColumnValue> {
  if (!isRecord(given)) throw invalidArgument(argument, given, 'an object of values by column');
  const { columns } = catalogue;
  const strange = Object.keys(given).find((name) => !columns.has(name));
  if (strange !== undefined) throw invalidArgument(argument, strange, [...columns.keys()].join(', ') || 'none');
  const values: Record<string, ColumnValue> = {};
  for (const [name, type] of columns) {
    const separator = dataset.features.find((feature) => feature.name === name)?.separator;
    const value = columnValue(type, given[name] === undefined ? features[name] : given[name], separator);
    if (value === undefined && given[name] !== undefined)
      throw invalidArgument(`${argument}.${name}`, given[name], `a value of the column's type ${type}`);
    values[name] = value ?? null;
  }
  return values;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
