import { type FeatureSource, invalidArgument, PinSageError, Safetensors } from '@pinsage/native';
import type { FeatureColumn } from './feature-column.js';

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
      return { ...column, idf: this.#tensor(`${column.name}.idf`, 'F32', [column.buckets!]) as Float32Array };
    });
    for (const column of this.columns) this.source(column);
  }

  /** @throws FILE_NOT_FOUND; FILE_CORRUPT when a column's tensors are not there or not of its shape. */
  static async open(path: string, columns: Omit<FeatureColumn, 'idf'>[], rows: number): Promise<FeatureFile> {
    // A dataset without features of boards has no file of them.
    if (columns.length === 0) return new FeatureFile(columns, rows);
    const tensors = await Safetensors.open(path, { verify: false });
    try {
      return new FeatureFile(columns, rows, tensors);
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
    const { name, kind, width } = column;
    const rows = this.#rows;
    if (kind === 'number')
      return { kind: 'dense', values: this.#tensor(name, 'F32', [rows]) as Float32Array, width: 1 };
    if (kind === 'dense')
      return { kind: 'dense', values: this.#tensor(name, 'F32', [rows, width]) as Float32Array, width };
    const offsets = this.#tensor(`${name}.offsets`, 'U64', [rows + 1]) as BigUint64Array;
    const entries = Number(offsets[rows]);
    return {
      kind: 'bag',
      offsets,
      rows: this.#tensor(`${name}.rows`, 'U32', [entries]) as Uint32Array,
      weights: this.#tensor(`${name}.weights`, 'F32', [entries]) as Float32Array,
    };
  }

  close(): void {
    this.#tensors?.close();
  }

  #tensor(name: string, dtype: 'F32' | 'U32' | 'U64', shape: number[]) {
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
