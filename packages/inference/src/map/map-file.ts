import { join } from 'node:path';
import { PinSageError, Safetensors, writeSafetensors } from '@pinsage/native';
import type { PlacedPins } from './place-pins.js';

/** Another way to place pins makes another version. */
const VERSION = '2';

const pathOf = (run: string) => join(run, 'map.safetensors');

/** The places that a run keeps of so many pins; undefined when there are none, or not of these embeddings. */
export async function readMap(run: string, embeddings: string, pins: number): Promise<PlacedPins | undefined> {
  try {
    using file = await Safetensors.open(pathOf(run));
    const { version, embeddings: of } = file.metadata;
    if (version !== VERSION || of !== embeddings) return undefined;
    const positions = file.get('positions', 'U16').data.slice();
    const landmarks = file.get('landmarks', 'U32').data.slice();
    const whole = positions.length === 2 * pins && landmarks.every((row) => row < pins);
    return whole ? { positions, landmarks } : undefined;
  } catch (error) {
    // A file that is missing or damaged is made again.
    if (error instanceof PinSageError) return undefined;
    throw error;
  }
}

export async function writeMap(run: string, { positions, landmarks }: PlacedPins, embeddings: string): Promise<void> {
  const tensors = {
    positions: { shape: [positions.length / 2, 2], data: positions },
    landmarks: { shape: [landmarks.length], data: landmarks },
  };
  await writeSafetensors(pathOf(run), tensors, { version: VERSION, embeddings });
}
