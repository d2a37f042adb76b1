import { rm } from 'node:fs/promises';
import { join } from 'node:path';
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
  const created = await RunDirectory.create(run, { dataset: dataset.directory, split: null, model: {}, trainer: {} });
  const { features } = dataset;
  const reads = { boardVector: true, boards: BOARDS };
  const model = new PinSage({ features, width: 8, hidden: 8, output: WIDTH, ...reads, ...options });
  model.neighborhoods = { walks: 20, neighbors: 10 };
  (await embedPins(model, dataset, await dataset.graph(), { out: run })).close();
  await model.save(created.modelPath);
  model.dispose();
  return { collection, run, reset: () => rm(join(run, 'live'), { recursive: true, force: true }) };
}
