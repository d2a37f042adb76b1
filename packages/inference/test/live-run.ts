import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Dataset } from '@pinsage/graph';
import { PinSage, type PinSageOptions, RunDirectory } from '@pinsage/model';
import { embedPins } from '../src/index.js';
import { BOARDS, type Collection, makeCollection } from './collection.js';

export const WIDTH = 10;

export interface LiveRun {
  collection: Collection;
  run: string;
  /** Forgets all changes. */
  reset(): Promise<void>;
}

/** A run of an untrained model that reads boards, over the collection. */
export async function makeRun(options: Partial<PinSageOptions> = {}): Promise<LiveRun> {
  const collection = await makeCollection();
  const { dataset, directory } = collection;
  const run = join(directory, 'run');
  await makeRunOf(dataset.directory, run, options);
  return { collection, run, reset: () => rm(join(run, 'live'), { recursive: true, force: true }) };
}

/** A run of such a model over a dataset. */
export async function makeRunOf(data: string, run: string, options: Partial<PinSageOptions> = {}): Promise<void> {
  const { modelPath } = await RunDirectory.create(run, { dataset: data, split: null, model: {}, trainer: {} });
  await using dataset = await Dataset.open(data);
  const { features } = dataset;
  const reads = { boardVector: true, boards: BOARDS };
  const model = new PinSage({ features, width: 8, hidden: 8, output: WIDTH, ...reads, ...options });
  model.neighborhoods = { walks: 20, neighbors: 10 };
  (await embedPins(model, dataset, await dataset.graph(), { out: run })).close();
  await model.save(modelPath);
  model.dispose();
}
