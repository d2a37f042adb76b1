import {
  type DenseSource,
  type FeatureSource,
  invalidArgument,
  PinSageError,
  Safetensors,
  type TensorData,
  type TensorDtype,
  usableMemory,
} from '@pinsage/native';
import type { FeatureColumn } from './feature-column.js';
import { scaleName, type VectorStore } from './vectors/stored-vectors.js';

/** The features of all pins, or of all boards: a safetensors file, mapped, and what the manifest says of its columns. */
export class FeatureFile {
  /** In the order of the import. */
  readonly columns: FeatureColumn[];
  readonly #rows: number;
  readonly #tensors?: Safetensors;

  private constructor(columns: Omit<FeatureColumn, 'idf'>[], rows: number, tensors?: Safetensors) {
    this.#rows = rows;
    this.#tensors = tensors;
    this.columns = columns.map((column) => {
      if (column.kind !== 'text') return column;
      return { ...column, idf: this.#tensor(`${column.name}.idf`, 'F32', [column.buckets!]) };
    });
    for (const column of this.columns) this.source(column);
  }

  /** @throws FILE_NOT_FOUND; FILE_CORRUPT when a column's tensors are not there or not of its shape. */
  static async open(path: string, columns: Omit<FeatureColumn, 'idf'>[], rows: number): Promise<FeatureFile> {
    // A dataset without features of boards has no file of them.
    if (columns.length === 0) return new FeatureFile(columns, rows);
    const tensors = await Safetensors.open(path, { verify: false });
    try {
      const file = new FeatureFile(columns, rows, tensors);
      // Gathering asks for the rows of such a feature: reading on from each of them would fill memory with what nobody asked for.
      if (file.columns.some((column) => bytesOf(file.source(column)) > usableMemory / 2)) tensors.expectRandomReads();
      return file;
    } catch (error) {
      tensors.close();
      throw error;
    }
  }

  /** A column of all rows, mapped. @throws INVALID_ARGUMENT when there is none of its shape. */
  source(column: FeatureColumn): FeatureSource {
    const shapes = this.columns.map(shapeOf);
    if (!shapes.includes(shapeOf(column))) {
      throw invalidArgument('column', shapeOf(column), shapes.join(', ') || 'none: there are no such features');
    }
    // How its vectors are kept is the file's matter.
    const { name, kind, width, store = 'f32' } = this.columns[shapes.indexOf(shapeOf(column))];
    const rows = this.#rows;
    if (kind === 'number') return { kind: 'dense', values: this.#tensor(name, 'F32', [rows]), width: 1 };
    if (kind === 'dense') return this.#vectors(name, width, store);
    const offsets = this.#tensor(`${name}.offsets`, 'U64', [rows + 1]);
    const entries = Number(offsets[rows]);
    return {
      kind: 'bag',
      offsets,
      rows: this.#tensor(`${name}.rows`, 'U32', [entries]),
      weights: this.#tensor(`${name}.weights`, 'F32', [entries]),
    };
  }

  close(): void {
    this.#tensors?.close();
  }

  #vectors(name: string, width: number, store: VectorStore): DenseSource {
    const numbers = <D extends 'F32' | 'F16' | 'I8'>(dtype: D) => this.#tensor(name, dtype, [this.#rows, width]);
    if (store === 'f32') return { kind: 'dense', values: numbers('F32'), width };
    if (store === 'f16') return { kind: 'dense', dtype: 'f16', values: numbers('F16'), width };
    const scale = this.#tensor(scaleName(name), 'F32', [this.#rows]);
    return { kind: 'dense', dtype: 'i8', values: numbers('I8'), width, scale };
  }

  #tensor<D extends TensorDtype>(name: string, dtype: D, shape: number[]): TensorData<D> {
    const tensors = this.#tensors!;
    const tensor = tensors.get(name, dtype);
    if (tensor.shape.join() !== shape.join()) {
      const reason = `its tensor '${name}' has the shape [${tensor.shape}], not [${shape}]`;
      throw new PinSageError('FILE_CORRUPT', `${tensors.path} cannot be used: ${reason}.`);
    }
    return tensor.data;
  }
}

/** What has to agree between a model and its dataset: `title:text:65536`. */
function shapeOf({ name, kind, width, buckets }: FeatureColumn): string {
  return [name, kind, buckets ?? (kind === 'dense' ? width : undefined)].filter((part) => part !== undefined).join(':');
}

function bytesOf(source: FeatureSource): number {
  return Object.values(source).reduce((sum, array) => sum + (ArrayBuffer.isView(array) ? array.byteLength : 0), 0);
}
