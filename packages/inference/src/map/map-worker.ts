// Makes the map of a run in a thread of its own: the layout is TypeScript that runs for seconds.
import { parentPort, workerData } from 'node:worker_threads';
import { Embeddings } from '../embeddings.js';
import { writeMap } from './map-file.js';
import type { MapMessage } from './pin-map.js';
import { placePins } from './place-pins.js';

const { run, threads } = workerData as { run: string; threads?: number };
const tell = (message: MapMessage) => parentPort!.postMessage(message);

using embeddings = await Embeddings.open(run);
const { vectors, width, digest } = embeddings;
const placed = await placePins(vectors, { width, threads, onProgress: (progress) => tell({ progress }) });
const unsaved = digest === undefined ? 'the embeddings have no checksum' : await save(digest);
tell({ placed, unsaved });

/** Why the map could not be kept, if so: a run may be on a disk that is full, or not ours to write to. */
async function save(of: string): Promise<string | undefined> {
  try {
    await writeMap(run, placed, of);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
