import {
  createSafetensors,
  type DenseSource,
  type FeatureSource,
  type GatheredFeature,
  type TensorData,
  type TensorDtype,
} from '@pinsage/native';
import { encodeFeatures } from './encode.js';
import type { FeatureColumn } from './feature-column.js';
import { countRows, forEachPiece, type KeptRows } from './kept-rows.js';
import { scaleName, vectorTensors, vectorWriter } from './vectors/stored-vectors.js';

type Bag = Extract<FeatureSource, { kind: 'bag' }>;
type GatheredBag = Extract<GatheredFeature, { kind: 'bag' }>;

/** What `extendFeatures` makes a file of. */
export interface ExtendedRows {
  /** Of the old file. */
  kept: KeptRows[];
  /** Raw values of the rows that follow. */
  added: Record<string, unknown>[];
  signal?: AbortSignal;
}

/** A feature whose tensors' sizes are known. */
interface SizedFeature {
  tensors: Record<string, { dtype: TensorDtype; shape: number[] }>;
  /** Returns how many rows have no value. */
  write(tensor: (name: string) => TensorData): Promise<number>;
}

/**
 * Writes a feature file with rows of another one and new ones behind them, which are encoded with the words' weights and the
 * statistics that the features have.
 *
 * @returns the columns as the manifest has them
 */
export async function extendFeatures(
  path: string,
  columns: FeatureColumn[],
  sourceOf: (column: FeatureColumn) => FeatureSource,
  rows: ExtendedRows,
): Promise<Omit<FeatureColumn, 'idf'>[]> {
  const sized = columns.map((column) => {
    const source = sourceOf(column);
    return source.kind === 'bag' ? sizeBags(column, source, rows) : sizeDense(column, source, rows);
  });
  const file = await createSafetensors(path, Object.assign({}, ...sized.map(({ tensors }) => tensors)));
  try {
    const written: Omit<FeatureColumn, 'idf'>[] = [];
    for (const [i, { write }] of sized.entries()) {
      const { idf: _, ...column } = columns[i];
      written.push({ ...column, missing: await write((name) => file.get(name)) });
    }
    await file.commit();
    return written;
  } catch (error) {
    await file.abort();
    throw error;
  }
}

function sizeBags(column: FeatureColumn, source: Bag, { kept, added, signal }: ExtendedRows): SizedFeature {
  const { name, idf } = column;
  const [bags] = encodeFeatures([column], added) as GatheredBag[];
  const first = countRows(kept);
  const at = (row: number) => Number(source.offsets[row]);
  const before = kept.reduce((sum, { begin, end }) => sum + at(end) - at(begin), 0);
  const entries = before + bags.rows.length;
  return {
    tensors: {
      [`${name}.offsets`]: { dtype: 'U64', shape: [first + added.length + 1] },
      [`${name}.rows`]: { dtype: 'U32', shape: [entries] },
      [`${name}.weights`]: { dtype: 'F32', shape: [entries] },
      ...(idf && { [`${name}.idf`]: { dtype: 'F32', shape: [idf.length] } }),
    },
    async write(tensor) {
      const offsets = tensor(`${name}.offsets`) as BigUint64Array;
      const rows = tensor(`${name}.rows`) as Uint32Array;
      const weights = tensor(`${name}.weights`) as Float32Array;
      let filled = 0;
      await forEachPiece(kept, signal, ({ begin, end, to }) => {
        const shift = BigInt(filled) - source.offsets[begin];
        for (let row = begin; row < end; ++row) offsets[to + row - begin + 1] = source.offsets[row + 1] + shift;
        rows.set(source.rows.subarray(at(begin), at(end)), filled);
        weights.set(source.weights.subarray(at(begin), at(end)), filled);
        filled += at(end) - at(begin);
      });
      added.forEach((_, i) => {
        offsets[first + i + 1] = BigInt(before + bags.offsets[i + 1]);
      });
      rows.set(bags.rows, before);
      weights.set(bags.weights, before);
      if (idf !== undefined) (tensor(`${name}.idf`) as Float32Array).set(idf);
      return offsets.subarray(1).reduce((count, offset, row) => count + (offset === offsets[row] ? 1 : 0), 0);
    },
  };
}

function sizeDense(column: FeatureColumn, source: DenseSource, { kept, added, signal }: ExtendedRows): SizedFeature {
  const { name, kind, width, store = 'f32' } = column;
  // As given: they are brought into the form in which they are kept when they are written.
  const [encoded] = encodeFeatures([{ ...column, store: 'f32' }], added);
  const values = (encoded as Extract<GatheredFeature, { kind: 'dense' }>).values;
  const first = countRows(kept);
  const count = first + added.length;
  return {
    tensors:
      kind === 'number' ? { [name]: { dtype: 'F32', shape: [count] } } : vectorTensors(name, store, count, width),
    async write(tensor) {
      const all = tensor(name) as Float32Array;
      await forEachPiece(kept, signal, ({ begin, end, to }) => {
        all.set(source.values.subarray(begin * width, end * width), to * width);
        if (source.dtype !== 'i8' || typeof source.scale === 'number') return;
        (tensor(scaleName(name)) as Float32Array).set(source.scale.subarray(begin, end), to);
      });
      const put = vectorWriter(name, store, width, tensor);
      added.forEach((_, i) => {
        put(first + i, values.subarray(i * width, (i + 1) * width));
      });
      let missing = 0;
      for (let row = 0; row < count; ++row) {
        if (isMissing(kind === 'number', all.subarray(row * width, (row + 1) * width))) ++missing;
      }
      return missing;
    },
  };
}

/** A missing number is NaN, a missing vector zeros. */
function isMissing(isNumber: boolean, values: Float32Array): boolean {
  return isNumber ? Number.isNaN(values[0]) : !values.some((value) => value !== 0);
}
