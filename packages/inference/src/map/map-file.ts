import { join } from 'node:path';
import { PinSageError, Safetensors, writeSafetensors } from '@pinsage/native';

/** Another way to place pins makes another version. */
const VERSION = '1';

const pathOf = (run: string) => join(run, 'map.safetensors');

/** The places that a run keeps; undefined when there are none, or not of these embeddings. */
export async function readMap(run: string, embeddings: string): Promise<Uint16Array | undefined> {
  try {
    using file = await Safetensors.open(pathOf(run));
    const { version, embeddings: of } = file.metadata;
    return version === VERSION && of === embeddings ? file.get('positions', 'U16').data.slice() : undefined;
  } catch (error) {
    // A file that is missing or damaged is made again.
    if (error instanceof PinSageError) return undefined;
    throw error;
  }
}

export async function writeMap(run: string, positions: Uint16Array, embeddings: string): Promise<void> {
  const shape = [positions.length / 2, 2];
  await writeSafetensors(pathOf(run), { positions: { shape, data: positions } }, { version: VERSION, embeddings });
}
