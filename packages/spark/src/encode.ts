import { encodeFeatures, type FeatureColumn } from '@pinsage/graph';
import { logDegrees, type PinSage } from '@pinsage/model';
import { type GatheredFeature, invalidArgument } from '@pinsage/native';
import { DataType, type RecordBatch, Vector } from 'apache-arrow';
import { intLists, ints, longs } from './columns.js';
import { represented } from './map-pins.js';
import { tidied } from './tidied.js';

/**
 * As the stage `inputs`, of pins whose features come with them instead of from a dataset: columns `pin`, `blocks`, `id` (for errors),
 * `feature0` … in the order of the model's features, and `degree`, the number of a pin's boards, for a model that reads it.
 */
export function encode(batch: RecordBatch, model: PinSage): RecordBatch {
  const pins = longs(batch, 'pin');
  const features = [...encodeColumns(batch, model.features)];
  if (model.config.degree) features.push({ kind: 'dense', values: logDegrees(ints(batch, 'degree')), width: 1 });
  if (model.config.pinVector) features.push(ownRows(pins));
  return tidied(() => {
    const h0 = model.inputs(features);
    return represented(pins, intLists(batch, 'blocks'), h0, h0, 0, model);
  });
}

function encodeColumns(batch: RecordBatch, features: FeatureColumn[]): GatheredFeature[] {
  const rows = Array.from({ length: batch.numRows }, (): Record<string, unknown> => ({}));
  features.forEach((feature, i) => {
    const column = columnOf(batch, `feature${i}`, feature);
    for (const [row, values] of rows.entries()) values[feature.name] = plain(column.get(row));
  });
  const ids = batch.getChild('id');
  return encodeFeatures(features, rows, (row) => `pin '${ids?.get(row)}'`);
}

function columnOf(batch: RecordBatch, name: string, { name: feature, kind }: FeatureColumn): Vector {
  const column = batch.getChild(name);
  const [fits, allowed] = TYPES[kind];
  if (column === null || !fits(column.type)) {
    throw invalidArgument(`column ${name} ('${feature}')`, column === null ? 'missing' : String(column.type), allowed);
  }
  return column;
}

const isListOf = (fits: (type: DataType) => boolean) => (type: DataType) =>
  DataType.isList(type) && fits(type.valueType);
const isFloatOf = (name: string) => (type: DataType) => String(type) === name;
const TYPES: Record<FeatureColumn['kind'], [(type: DataType) => boolean, string]> = {
  text: [DataType.isUtf8, 'string'],
  categories: [(type) => DataType.isUtf8(type) || isListOf(DataType.isUtf8)(type), 'string | array<string>'],
  number: [isFloatOf('Float64'), 'double'],
  dense: [isListOf(isFloatOf('Float32')), 'array<float>'],
};

/** A list as an array; one of numbers without a copy, unless nulls are among them. */
function plain(value: unknown): unknown {
  if (!(value instanceof Vector)) return value;
  return DataType.isFloat(value.type) && value.nullCount === 0 ? value.toArray() : [...value];
}

/** The learned vector of each pin. */
function ownRows(pins: Float64Array): GatheredFeature {
  return {
    kind: 'bag',
    offsets: Int32Array.from({ length: pins.length + 1 }, (_, i) => i),
    rows: Int32Array.from(pins),
    weights: new Float32Array(pins.length).fill(1),
  };
}
