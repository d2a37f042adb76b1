import { Dataset, Split } from '@pinsage/graph';
import { PinSage, RunDirectory } from '@pinsage/model';
import type { Graph } from '@pinsage/native';
import { resolveConfig, type TrainerConfig, type TrainerOptions } from '@pinsage/trainer';

/** A run with what it was made from. */
export interface OpenRun extends AsyncDisposable {
  directory: RunDirectory;
  /** As the user wrote it, for messages. */
  path: string;
  dataset: Dataset;
  /** Absent when the run trained on all edges. */
  split: Split | undefined;
  /** The edges that training saw. */
  trainGraph: Graph;
  config: TrainerConfig;
}

export async function openRun(path: string): Promise<OpenRun> {
  const directory = await RunDirectory.open(path);
  const config = resolveConfig(directory.config.trainer as TrainerOptions);
  const dataset = await Dataset.open(directory.datasetPath);
  try {
    const split = directory.config.split === null ? undefined : await Split.open(dataset, directory.config.split);
    return {
      directory,
      path,
      dataset,
      split,
      trainGraph: split?.train ?? (await dataset.graph()),
      config,
      async [Symbol.asyncDispose]() {
        await split?.close();
        await dataset.close();
      },
    };
  } catch (error) {
    await dataset.close();
    throw error;
  }
}

/** The run's trained model; the caller disposes it. */
export function loadModel(run: OpenRun): Promise<PinSage> {
  return PinSage.load(run.directory.modelPath);
}
