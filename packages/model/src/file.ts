import type { FeatureColumn } from '@pinsage/graph';
import { PinSageError, Safetensors, writeSafetensors } from '@pinsage/native';
import type * as tf from '@tensorflow/tfjs-core';
import type { PinSageOptions } from './config.js';
import { type NeighborhoodSettings, neighborhoodsFromJson, neighborhoodsToJson } from './neighborhoods.js';

const FORMAT = 'pinsage-model';
const VERSION = 1;
/** Before the names of boards' features, which pins' features may have too. */
const BOARD = '#board.';

export async function saveModel(
  path: string,
  variables: tf.Variable[],
  { features, boardFeatures = [], neighborhoods, ...options }: PinSageOptions,
  metadata: Record<string, string>,
): Promise<void> {
  const tensors: Parameters<typeof writeSafetensors>[1] = {};
  for (const variable of variables) {
    tensors[variable.name] = { shape: variable.shape, data: (await variable.data()) as Float32Array<ArrayBuffer> };
  }
  const keepIdf = (columns: FeatureColumn[], prefix: string) => {
    for (const { name, idf } of columns) {
      if (idf !== undefined) tensors[idfName(prefix + name)] = { shape: [idf.length], data: Float32Array.from(idf) };
    }
    return columns.map(({ idf: _, ...column }) => column);
  };
  const description = {
    ...options,
    features: keepIdf(features, ''),
    boardFeatures: keepIdf(boardFeatures, BOARD),
    neighborhoods: neighborhoods && neighborhoodsToJson(neighborhoods),
  };
  await writeSafetensors(path, tensors, {
    ...metadata,
    format: FORMAT,
    version: String(VERSION),
    model: JSON.stringify(description),
  });
}

/** The caller closes `file` once it has read the weights. */
export async function openModel(
  path: string,
): Promise<{ file: Safetensors; options: PinSageOptions; metadata: Record<string, string> }> {
  // Whatever its size: all of it is about to be read.
  const file = await Safetensors.open(path, { verify: true });
  try {
    const { options, metadata } = describe(file);
    const { features, boardFeatures = [] } = options;
    return {
      file,
      options: {
        ...options,
        features: features.map((column) => withIdf(file, column, '')),
        boardFeatures: boardFeatures.map((column) => withIdf(file, column, BOARD)),
      },
      metadata,
    };
  } catch (error) {
    file.close();
    throw error;
  }
}

/** How a model samples neighbourhoods, without reading its weights; undefined when it does not say. */
export async function readNeighborhoods(path: string): Promise<NeighborhoodSettings | undefined> {
  using file = await Safetensors.open(path, { verify: false });
  return describe(file).options.neighborhoods;
}

/** What the metadata says. */
function describe({ path, metadata: all }: Safetensors): {
  options: PinSageOptions;
  metadata: Record<string, string>;
} {
  const { format, version, model, ...metadata } = all;
  if (format !== FORMAT || model === undefined) {
    throw new PinSageError('FILE_CORRUPT', `${path} is a safetensors file, but not a PinSage model.`);
  }
  if (Number(version) > VERSION) {
    throw new PinSageError(
      'FILE_VERSION',
      `${path} is a model of version ${version}; this program reads up to ${VERSION}.`,
    );
  }
  return { options: parse(path, model), metadata };
}

function parse(path: string, json: string): PinSageOptions {
  try {
    const { neighborhoods, ...options } = JSON.parse(json) as PinSageOptions;
    if (Array.isArray(options.features)) {
      return { ...options, neighborhoods: neighborhoods && neighborhoodsFromJson({ ...neighborhoods }) };
    }
  } catch {}
  throw new PinSageError('FILE_CORRUPT', `${path}: the model's description cannot be read.`);
}

function withIdf(file: Safetensors, column: FeatureColumn, prefix: string): FeatureColumn {
  const name = idfName(prefix + column.name);
  return file.has(name) ? { ...column, idf: Float32Array.from(file.get(name, 'F32').data as Float32Array) } : column;
}

function idfName(feature: string): string {
  return `features.${feature}.idf`;
}
