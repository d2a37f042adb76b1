import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Dataset } from '@pinsage/graph';
import { PinSage, type PinSageOptions, RunDirectory } from '@pinsage/model';
import { randomWords } from '@pinsage/native';
import * as tf from '@tensorflow/tfjs-core';
import { makeCollection as makeDataset, PINS } from '../../inference/test/collection.js';

export { PINS };
export const NEIGHBORHOODS = { walks: 20, hops: 3, stop: 0.5, neighbors: 10, seed: 3n };
export const worker = fileURLToPath(new URL('../bin/pinsage-spark-worker.js', import.meta.url));

export interface Collection {
  directory: string;
  dataset: Dataset;
  /** The pins as they were imported. */
  pins: Record<string, unknown>[];
  /** A run with a model that has not been trained, whose biases are not zero. */
  run(name: string, options?: Partial<PinSageOptions>): Promise<string>;
  close(): Promise<void>;
}

export async function makeCollection(): Promise<Collection> {
  const { directory, dataset, pins, close } = await makeDataset();
  return {
    directory,
    dataset,
    pins,
    close,
    async run(name, options = {}) {
      const config = { dataset: dataset.directory, split: null, model: {}, trainer: {} };
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
