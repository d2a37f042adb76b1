import { join } from 'node:path';
import type { Dataset } from '@pinsage/graph';
import { createSafetensors, largeArray } from '@pinsage/native';
import { Embeddings, pinsChecksum } from './embeddings.js';
import { writeParquet } from './parquet.js';

/** Where embeddings go as they are computed. */
export interface EmbeddingsWriter {
  /** [pins, width], to be filled. */
  vectors: Float32Array;
  finish(): Promise<Embeddings>;
  /** Leaves nothing behind. */
  abort(): Promise<void>;
}

export function memoryWriter(pins: number, width: number): EmbeddingsWriter {
  const vectors = largeArray(Float32Array, pins * width);
  return { vectors, finish: async () => new Embeddings(vectors, width), abort: async () => {} };
}

/** `embeddings.safetensors` and `embeddings.parquet` of a directory, both only once they are whole. */
export async function fileWriter(directory: string, dataset: Dataset, width: number): Promise<EmbeddingsWriter> {
  const shape = [dataset.pins, width];
  const specs = { embeddings: { dtype: 'F32' as const, shape } };
  const file = await createSafetensors(join(directory, 'embeddings.safetensors'), specs, {
    pins: pinsChecksum(dataset),
  });
  const vectors = file.get('embeddings') as Float32Array;
  return {
    vectors,
    async finish() {
      await writeParquet(join(directory, 'embeddings.parquet'), dataset, vectors, width);
      await file.commit();
      return Embeddings.open(directory);
    },
    abort: () => file.abort(),
  };
}
