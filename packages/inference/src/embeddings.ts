import { join } from 'node:path';
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
  /** Where they lie; undefined for those in memory. */
  readonly directory: string | undefined;
  readonly #file: Safetensors | undefined;
  #vectors: Float32Array | undefined;

  constructor(vectors: Float32Array, width: number, file?: Safetensors, directory?: string) {
    this.#vectors = vectors;
    this.#file = file;
    this.directory = directory;
    this.width = width;
    this.pinsChecksum = file?.metadata.pins;
    this.digest = file?.digest;
    this.pins = vectors.length / width;
  }

  /** Maps the embeddings of a run directory. @throws PinSageError FILE_NOT_FOUND, FILE_CORRUPT */
  static async open(directory: string): Promise<Embeddings> {
    const file = await Safetensors.open(join(directory, FILE));
    try {
      const { shape, data } = file.get(TENSOR, 'F32');
      if (shape.length !== 2)
        throw new PinSageError('FILE_CORRUPT', `${directory}/${FILE}: '${TENSOR}' has shape [${shape}].`);
      return new Embeddings(data, shape[1], file, directory);
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /** [pins, width]; mapped when opened from a file. @throws PinSageError CLOSED */
  get vectors(): Float32Array {
    if (this.#vectors === undefined) throw new PinSageError('CLOSED', 'The embeddings are closed.');
    return this.#vectors;
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
