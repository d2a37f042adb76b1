import { dirname, join } from 'node:path';
import type { Dataset } from '@pinsage/graph';
import { PinSageError, Safetensors } from '@pinsage/native';

const FILE = 'embeddings.safetensors';
const TENSOR = 'embeddings';

/** Tells whether two datasets have the same pins in the same rows. */
export function pinsChecksum(dataset: Dataset): string {
  return dataset.manifest.files['pins.parquet'].sha256;
}

/** The embeddings of all pins of a graph. */
export class Embeddings {
  readonly pins: number;
  /** Numbers a pin. */
  readonly width: number;
  /** `pinsChecksum` of the dataset that they were made of; undefined when no file says it. */
  readonly pinsChecksum: string | undefined;
  /** SHA-256 of their file; undefined when they have none, or one that another program wrote. */
  readonly digest: string | undefined;
  readonly #file: Safetensors | undefined;
  #vectors: Float32Array | undefined;

  constructor(vectors: Float32Array, width: number, file?: Safetensors) {
    this.#vectors = vectors;
    this.#file = file;
    this.width = width;
    this.pinsChecksum = file?.metadata.pins;
    this.digest = file?.digest;
    this.pins = vectors.length / width;
  }

  /** Maps the embeddings of a run directory. @throws PinSageError FILE_NOT_FOUND, FILE_CORRUPT */
  static async open(directory: string): Promise<Embeddings> {
    const file = await Safetensors.open(Embeddings.pathIn(directory));
    try {
      const { shape, data } = file.get(TENSOR, 'F32');
      if (shape.length !== 2)
        throw new PinSageError('FILE_CORRUPT', `${directory}/${FILE}: '${TENSOR}' has shape [${shape}].`);
      return new Embeddings(data, shape[1], file);
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /** The digest of a directory's embeddings; null when their file has none. @throws PinSageError FILE_NOT_FOUND, FILE_CORRUPT */
  static async digestIn(directory: string): Promise<string | null> {
    const file = await Safetensors.open(Embeddings.pathIn(directory), { verify: false });
    file.close();
    return file.digest ?? null;
  }

  /** [pins, width]; mapped when opened from a file. @throws PinSageError CLOSED */
  get vectors(): Float32Array {
    if (this.#vectors === undefined) throw new PinSageError('CLOSED', 'The embeddings are closed.');
    return this.#vectors;
  }

  /** Where their file is: the run; undefined when they are in memory. */
  get directory(): string | undefined {
    return this.#file && dirname(this.#file.path);
  }

  /** The file of a directory's embeddings. */
  static pathIn(directory: string): string {
    return join(directory, FILE);
  }

  /** One pin's embedding, a view. */
  of(pin: number): Float32Array {
    return this.vectors.subarray(pin * this.width, (pin + 1) * this.width);
  }

  close(): void {
    this.#vectors = undefined;
    this.#file?.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
