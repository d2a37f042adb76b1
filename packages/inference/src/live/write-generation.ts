import { setImmediate } from 'node:timers/promises';
import { Dataset, reviseDataset } from '@pinsage/graph';
import { createSafetensors, PinSageError } from '@pinsage/native';
import { Embeddings, pinsChecksum } from '../embeddings.js';
import type { Generation, Written } from './generation.js';
import type { GenerationFiles } from './generation-files.js';
import type { CatalogueSnapshot } from './live-catalogue.js';

const ROWS_AT_ONCE = 2 ** 14;

/** A generation at one moment. */
export interface Snapshot {
  catalogue: CatalogueSnapshot;
  vectors: Map<number, Float32Array>;
}

export function snapshotOf({ catalogue, vectors }: Generation): Snapshot {
  // The vectors themselves are never written to.
  return { catalogue: catalogue.snapshot(), vectors: new Map(vectors) };
}

/** Writes a generation's dataset with all changes in it, and its embeddings, into the directory of the next one, and opens both. */
export async function writeGeneration(
  from: Generation,
  { catalogue, vectors }: Snapshot,
  files: GenerationFiles,
  number: number,
  signal: AbortSignal,
): Promise<Written> {
  const directory = files.generation(number);
  await reviseDataset(from.dataset, catalogue, files.dataset(number), { signal });
  const dataset = await Dataset.open(files.dataset(number));
  try {
    const { width } = from.embeddings;
    const specs = { embeddings: { dtype: 'F32' as const, shape: [dataset.pins, width] } };
    const path = Embeddings.pathIn(directory);
    const file = await createSafetensors(path, specs, { pins: pinsChecksum(dataset) });
    try {
      const all = file.get('embeddings') as Float32Array;
      let next = 0;
      for (const row of rowsOf(from.dataset.pins, catalogue)) {
        all.set(vectors.get(row) ?? from.embeddings.of(row), next * width);
        if (++next % ROWS_AT_ONCE > 0) continue;
        if (signal.aborted) throw new PinSageError('ABORTED', 'The compaction was stopped.', { cause: signal.reason });
        await setImmediate();
      }
      await file.commit();
    } catch (error) {
      await file.abort();
      throw error;
    }
    return { dataset, embeddings: await Embeddings.open(directory) };
  } catch (error) {
    await dataset.close();
    throw error;
  }
}

/** The old rows in their new order. */
function* rowsOf(pins: number, { removed, rows }: CatalogueSnapshot): Generator<number> {
  const gone = new Set(removed);
  for (let row = 0; row < pins; ++row) if (!gone.has(row)) yield row;
  yield* rows;
}
