import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Dataset, importDataset } from '@pinsage/graph';
import { PinSage, type PinSageOptions, RunDirectory } from '@pinsage/model';
import { randomWords } from '@pinsage/native';
import * as tf from '@tensorflow/tfjs-core';

export const PINS = 300;
const BOARDS = 40;
export const NEIGHBORHOODS = { walks: 20, hops: 3, stop: 0.5, neighbors: 10, seed: 3n };
export const worker = fileURLToPath(new URL('../bin/pinsage-spark-worker.js', import.meta.url));

export interface Collection {
  directory: string;
  dataset: Dataset;
  /** A run with a model that has not been trained, whose biases are not zero. */
  run(name: string, options?: Partial<PinSageOptions>): Promise<string>;
  close(): Promise<void>;
}

/** Pins 290 and above are on no board. */
export async function makeCollection(): Promise<Collection> {
  const directory = await mkdtemp(join(tmpdir(), 'pinsage-spark-'));
  const random = randomWords(1n, [0, 0, 0], 9, 2 * PINS);
  const pins = Array.from({ length: PINS }, (_, pin) => ({
    id: `p${pin}`,
    title: ['sea', 'boat', 'tree', 'night'][random[2 * pin] % 4],
    year: 1700 + (random[2 * pin + 1] % 300),
  }));
  const words = randomWords(2n, [0, 0, 0], 9, 2 * 1500);
  const edges = Array.from({ length: 1500 }, (_, i) => {
    const pin = Math.floor((words[2 * i] / 2 ** 32) ** 2 * 290);
    return `p${pin},b${words[2 * i + 1] % BOARDS}`;
  });
  await writeFile(join(directory, 'edges.csv'), `pin,board\n${edges.join('\n')}\n`);
  await writeFile(join(directory, 'pins.jsonl'), pins.map((pin) => `${JSON.stringify(pin)}\n`).join(''));
  const out = join(directory, 'data/collection');
  await importDataset({
    edges: join(directory, 'edges.csv'),
    pin: 'pin',
    board: 'board',
    pins: join(directory, 'pins.jsonl'),
    pinId: 'id',
    features: [
      { name: 'title', kind: 'text', buckets: 64 },
      { name: 'year', kind: 'number' },
    ],
    out,
  });
  const dataset = await Dataset.open(out);
  return {
    directory,
    dataset,
    async run(name, options = {}) {
      const config = { dataset: out, split: null, model: {}, trainer: {} };
      const run = await RunDirectory.create(join(directory, name), config);
      const sizes = { width: 12, hidden: 16, output: 10, neighborhoods: NEIGHBORHOODS };
      using model = new PinSage({ features: dataset.features, ...sizes, ...options });
      for (const [k, variable] of model.variables.entries()) {
        if (variable.shape.length !== 1) continue;
        const values = randomWords(5n, [k, 0, 0], 9, variable.size);
        variable.assign(tf.tensor1d(Array.from(values, (word) => word / 2 ** 32 - 0.5)));
      }
      await model.save(run.modelPath);
      return run.path;
    },
    async close() {
      await dataset.close();
      await rm(directory, { recursive: true });
    },
  };
}

/** What a process says, and how it ends. */
export async function ended(process: ChildProcess): Promise<{ status: number | null; stdout: string; stderr: string }> {
  const said = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    process[stream]?.on('data', (chunk) => {
      said[stream] += chunk;
    });
  }
  const status = await new Promise<number | null>((resolve) => process.on('close', resolve));
  return { status, ...said };
}

export function startWorker(...args: string[]) {
  return spawn(globalThis.process.execPath, [worker, ...args], { stdio: 'pipe' });
}

export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new Error(`${a.length} numbers, not ${b.length}`);
  let largest = 0;
  for (let i = 0; i < a.length; ++i) {
    // Not a number is different from everything.
    const difference = Math.abs(a[i] - b[i]);
    if (!(difference <= largest)) largest = difference;
  }
  return largest;
}
