import { join, resolve } from 'node:path';
import { Dataset, type FeatureKind } from '@pinsage/graph';
import { PinSage, RunDirectory } from '@pinsage/model';
import { fileDigest, invalidArgument } from '@pinsage/native';

/** What the driver has to know of a dataset and a run. */
export interface Description {
  pins: number;
  /** SHA-256 of the dataset's manifest, which has those of all its files. */
  checksum: string;
  /** The file, and its SHA-256. */
  model: string;
  digest: string;
  layers: number;
  aggregator: string;
  /** That a Node worker holds for each pin of its block: h, h0, and the pooled neighbours. */
  bytesPerPin: number;
  /** Whether the last layer needs h0 beside h. */
  residual: boolean;
  /** What a table of features has to have, in the model's order. */
  features: { name: string; kind: FeatureKind }[];
  /** Whether the model reads how many boards a pin is on. */
  degree: boolean;
  /** Whether it reads what they are, which only a dataset says. */
  readsBoards: boolean;
}

/** @throws PinSageError FILE_NOT_FOUND, FILE_CORRUPT, FILE_VERSION; NOT_FINITE for a model that diverged; INVALID_ARGUMENT for one of another dataset */
export async function describe(datasetPath: string, runPath: string): Promise<Description> {
  await using dataset = await Dataset.open(datasetPath);
  const { modelPath } = await RunDirectory.open(runPath);
  using model = await PinSage.load(modelPath);
  model.checkFinite();
  if (model.pins !== undefined && model.pins !== dataset.pins)
    throw invalidArgument('run', runPath, `a model of the dataset's ${dataset.pins} pins, not of ${model.pins}`);
  const { layers, aggregator, residual, degree, width, hidden } = model.config;
  return {
    pins: dataset.pins,
    checksum: await fileDigest(join(datasetPath, 'manifest.json')),
    model: resolve(modelPath),
    digest: await fileDigest(modelPath),
    layers,
    aggregator,
    bytesPerPin: 4 * (2 * width + hidden),
    residual,
    features: model.features.map(({ name, kind }) => ({ name, kind })),
    degree,
    readsBoards: model.boardFeatures.length > 0 || model.boards !== undefined,
  };
}
