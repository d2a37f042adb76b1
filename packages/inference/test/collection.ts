import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Dataset, importDataset } from '@pinsage/graph';
import { randomWords } from '@pinsage/native';

export const PINS = 300;
export const BOARDS = 40;
const words = ['sea', 'boat', 'tree', 'night', 'stone', 'river', 'bird', 'hand'];

export interface Collection {
  directory: string;
  dataset: Dataset;
  /** The pins as they were imported. */
  pins: Record<string, unknown>[];
  close(): Promise<void>;
}

/** An imported dataset with a feature of each kind. Pins 290 and above have no board; pin p290 has the features of p0. */
export async function makeCollection(name = 'data'): Promise<Collection> {
  const directory = await mkdtemp(join(tmpdir(), 'pinsage-inference-'));
  const random = randomWords(1n, [0, 0, 0], 9, 8 * PINS);
  const pins = Array.from({ length: PINS }, (_, pin) => {
    const word = (i: number) => words[random[8 * pin + i] % words.length];
    return {
      id: `p${pin}`,
      title: `${word(0)} ${word(1)} ${word(2)}`,
      genres: pin % 9 === 4 ? null : `${word(3)}|${word(4)}`,
      year: pin % 11 === 6 ? null : 1700 + (random[8 * pin + 5] % 300),
      image: [0, 1, 2].map((i) => (random[8 * pin + 6] >>> (8 * i)) % 256),
    };
  });
  Object.assign(pins[290], { ...pins[0], id: 'p290' });
  const edgeWords = randomWords(2n, [0, 0, 0], 9, 2 * 1500);
  const edges = Array.from({ length: 1500 }, (_, i) => {
    const pin = Math.floor((edgeWords[2 * i] / 2 ** 32) ** 2 * 290);
    return `p${pin},b${edgeWords[2 * i + 1] % BOARDS}`;
  });
  await writeFile(join(directory, 'edges.csv'), `pin,board\n${edges.join('\n')}\n`);
  await writeFile(join(directory, 'pins.jsonl'), pins.map((pin) => `${JSON.stringify(pin)}\n`).join(''));
  const out = join(directory, name);
  await importDataset({
    edges: join(directory, 'edges.csv'),
    pin: 'pin',
    board: 'board',
    pins: join(directory, 'pins.jsonl'),
    pinId: 'id',
    features: [
      { name: 'title', kind: 'text', buckets: 64 },
      { name: 'genres', kind: 'categories', buckets: 16 },
      { name: 'year', kind: 'number' },
      { name: 'image', kind: 'dense' },
    ],
    out,
  });
  const dataset = await Dataset.open(out);
  return {
    directory,
    dataset,
    pins,
    async close() {
      await dataset.close();
      await rm(directory, { recursive: true });
    },
  };
}

export function expectClose(actual: Float32Array, expected: Float32Array, tolerance = 1e-5): void {
  if (actual.length !== expected.length) throw new Error(`${actual.length} numbers, not ${expected.length}`);
  const worst = actual.reduce((largest, value, i) => Math.max(largest, Math.abs(value - expected[i]) || 0), 0);
  const broken = actual.findIndex((value) => !Number.isFinite(value));
  if (worst > tolerance || broken >= 0) throw new Error(`differs by ${worst}, not finite at ${broken}`);
}
