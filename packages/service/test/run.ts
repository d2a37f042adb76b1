import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Dataset, importDataset } from '@pinsage/graph';
import { embedPins } from '@pinsage/inference';
import { PinSage, RunDirectory } from '@pinsage/model';
import { randomWords } from '@pinsage/native';

export const PINS = 300;
export const BOARDS = 40;
const WORDS = ['sea', 'boat', 'tree', 'night', 'stone', 'river', 'bird', 'hand'];

export interface TestRun {
  directory: string;
  /** The run's directory. */
  run: string;
  dataset: string;
  /** The pins as they were imported; p290 and above have no board. */
  pins: { id: string; title: string; genres: string; year: number }[];
  remove(): Promise<void>;
}

/** A dataset and a run on it whose model has not been trained: what it gives is as good as any for a service to hand out. */
export async function makeRun(): Promise<TestRun> {
  const directory = await mkdtemp(join(tmpdir(), 'pinsage-service-'));
  const random = randomWords(1n, [0, 0, 0], 9, 6 * PINS);
  const pins = Array.from({ length: PINS }, (_, pin) => {
    const word = (i: number) => WORDS[random[6 * pin + i] % WORDS.length];
    const year = 1700 + (random[6 * pin + 5] % 300);
    return { id: `p${pin}`, title: `${word(0)} ${word(1)} ${word(2)}`, genres: `${word(3)}|${word(4)}`, year };
  });
  const edgeWords = randomWords(2n, [0, 0, 0], 9, 2 * 1500);
  const edges = Array.from({ length: 1500 }, (_, i) => {
    const pin = Math.floor((edgeWords[2 * i] / 2 ** 32) ** 2 * 290);
    return `p${pin},b${edgeWords[2 * i + 1] % BOARDS}`;
  });
  await writeFile(join(directory, 'edges.csv'), `pin,board\n${edges.join('\n')}\n`);
  await writeFile(join(directory, 'pins.jsonl'), pins.map((pin) => `${JSON.stringify(pin)}\n`).join(''));
  const out = join(directory, 'data');
  await importDataset({
    edges: join(directory, 'edges.csv'),
    pin: 'pin',
    board: 'board',
    pins: join(directory, 'pins.jsonl'),
    pinId: 'id',
    title: 'title',
    features: [
      { name: 'title', kind: 'text', buckets: 64 },
      { name: 'genres', kind: 'categories', buckets: 16 },
      { name: 'year', kind: 'number' },
    ],
    out,
  });
  const run = join(directory, 'run');
  await using dataset = await Dataset.open(out);
  const { modelPath } = await RunDirectory.create(run, { dataset: out, split: null, model: {}, trainer: {} });
  const model = new PinSage({ features: dataset.features, width: 8, hidden: 8, output: 8 });
  await model.save(modelPath);
  (
    await embedPins(model, dataset, await dataset.graph(), { neighborhoods: { walks: 20, neighbors: 10 }, out: run })
  ).close();
  model.dispose();
  return { directory, run, dataset: out, pins, remove: () => rm(directory, { recursive: true }) };
}
