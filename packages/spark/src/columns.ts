import { invalidArgument, PinSageError } from '@pinsage/native';
import {
  RecordBatch as Batch,
  Binary,
  type Data,
  DataType,
  Field,
  Float32,
  Int32,
  Int64,
  List,
  makeData,
  type RecordBatch,
  Schema,
  Struct,
} from 'apache-arrow';

/** Pins of a batch: rows of the dataset, and what stands behind them; below 2^53. */
export function longs(batch: RecordBatch, name: string): Float64Array {
  const { values, length } = column(batch, name, isLong, 'bigint');
  return toNumbers(values, length);
}

export function ints(batch: RecordBatch, name: string): Int32Array {
  const { values, length } = column(batch, name, isInt, 'int');
  // The buffer may be longer than the column.
  return values.subarray(0, length);
}

/** A column of lists: row i has the items from offsets[i] to offsets[i + 1]; none where it is null. */
export interface Lists<T> {
  offsets: Int32Array;
  items: T;
}

export function intLists(batch: RecordBatch, name: string): Lists<Int32Array> {
  const isIntList = (type: DataType) => DataType.isList(type) && isInt(type.valueType);
  const data = column(batch, name, isIntList, 'array<int>', true);
  return { offsets: data.valueOffsets, items: data.children[0].values as Int32Array };
}

/** Who wants a vector, and how much it counts for them. */
export function targetLists(batch: RecordBatch, name: string): Lists<{ pins: Float64Array; weights: Float32Array }> {
  const isTargets = (type: DataType) => {
    if (!DataType.isList(type) || !DataType.isStruct(type.valueType)) return false;
    const [pin, weight, ...others] = type.valueType.children;
    return others.length === 0 && isLong(pin?.type) && isFloat(weight?.type);
  };
  const data = column(batch, name, isTargets, 'array<struct<pin: bigint, weight: float>>', true);
  const [pins, weights] = data.children[0].children;
  return { offsets: data.valueOffsets, items: { pins: toNumbers(pins.values, pins.length), weights: weights.values } };
}

/** float32 vectors as bytes, which Spark passes on as they are. */
export class Vectors {
  readonly #offsets: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #name: string;

  constructor(batch: RecordBatch, name: string) {
    const data = column(batch, name, DataType.isBinary, 'binary', true);
    this.#offsets = data.valueOffsets;
    this.#bytes = data.values;
    this.#name = name;
  }

  /** Copies a row's vector to where its place in `rows` [n, width] is. */
  copy(row: number, rows: Float32Array, place: number, width: number): void {
    const [begin, end] = [this.#offsets[row], this.#offsets[row + 1]];
    if (end - begin !== 4 * width) {
      const reason = `has ${end - begin} bytes; allowed: ${4 * width}, float32 numbers of the model's width`;
      throw new PinSageError('INVALID_ARGUMENT', `A row's ${this.#name} ${reason}`);
    }
    new Uint8Array(rows.buffer, rows.byteOffset + 4 * width * place, 4 * width).set(this.#bytes.subarray(begin, end));
  }
}

function column(
  batch: RecordBatch,
  name: string,
  fits: (type: DataType) => boolean,
  expected: string,
  nullable = false,
): Data {
  const place = batch.schema.fields.findIndex((field) => field.name === name);
  const data = batch.data.children[place] as Data | undefined;
  if (data === undefined || !fits(data.type))
    throw invalidArgument(`column ${name}`, data === undefined ? 'missing' : String(data.type), expected);
  if (!nullable && data.nullCount > 0) throw invalidArgument(`column ${name}`, null, 'no nulls');
  return data;
}

function isInt(type: DataType): boolean {
  return DataType.isInt(type) && type.bitWidth === 32 && type.isSigned;
}

function isLong(type: DataType | undefined): boolean {
  return DataType.isInt(type) && type.bitWidth === 64 && type.isSigned;
}

function isFloat(type: DataType | undefined): boolean {
  return DataType.isFloat(type) && String(type) === 'Float32';
}

/** Much faster than by BigInts. */
function toNumbers(values: BigInt64Array, length: number): Float64Array {
  const words = new Uint32Array(values.buffer, values.byteOffset, 2 * length);
  const numbers = new Float64Array(length);
  for (let i = 0; i < length; ++i) numbers[i] = words[2 * i + 1] * 2 ** 32 + words[2 * i];
  return numbers;
}

// What batches are made of.

export function longColumn(values: ArrayLike<number>): Data<Int64> {
  const data = new BigInt64Array(values.length);
  const words = new Uint32Array(data.buffer);
  for (let i = 0; i < values.length; ++i) {
    words[2 * i] = values[i];
    words[2 * i + 1] = Math.floor(values[i] / 2 ** 32);
  }
  return makeData({ type: new Int64(), length: values.length, nullCount: 0, data });
}

export function floatColumn(data: Float32Array): Data<Float32> {
  return makeData({ type: new Float32(), length: data.length, nullCount: 0, data });
}

export function intListColumn({ offsets, items }: Lists<Int32Array>): Data<List<Int32>> {
  const child = makeData({ type: new Int32(), length: items.length, nullCount: 0, data: items });
  return listColumn(offsets, child);
}

/** Rows [n, width] as lists of float. */
export function floatListColumn(rows: Float32Array, width: number): Data<List<Float32>> {
  return listColumn(everyNth(rows.length / width, width), floatColumn(rows));
}

/** Rows [n, width] as bytes. */
export function vectorColumn(rows: Float32Array, width: number): Data<Binary> {
  const length = rows.length / width;
  const data = new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength);
  return makeData({ type: new Binary(), length, nullCount: 0, valueOffsets: everyNth(length, 4 * width), data });
}

export function batchOf(columns: Record<string, Data>): RecordBatch {
  const fields = Object.entries(columns).map(([name, { type }]) => new Field(name, type, false));
  const children = Object.values(columns);
  const type = new Struct(fields);
  return new Batch(new Schema(fields), makeData({ type, length: children[0].length, nullCount: 0, children }));
}

function listColumn<T extends DataType>(valueOffsets: Int32Array, child: Data<T>): Data<List<T>> {
  const type = new List<T>(new Field('element', child.type, false));
  return makeData({ type, length: valueOffsets.length - 1, nullCount: 0, valueOffsets, child });
}

function everyNth(count: number, step: number): Int32Array {
  return Int32Array.from({ length: count + 1 }, (_, i) => i * step);
}
