import type { FeatureColumn } from '@pinsage/graph';
import { PinSageError, Safetensors, writeSafetensors } from '@pinsage/native';
import type * as tf from '@tensorflow/tfjs-core';
import type { PinSageOptions } from './config.js';
import { neighborhoodsFromJson, neighborhoodsToJson } from './neighborhoods.js';

const FORMAT = 'pinsage-model';
const VERSION = 1;

export async function saveModel(
  path: string,
  variables: tf.Variable[],
  { features, neighborhoods, ...options }: PinSageOptions,
  metadata: Record<string, string>,
): Promise<void> {
  const tensors: Parameters<typeof writeSafetensors>[1] = {};
  for (const variable of variables) {
    tensors[variable.name] = { shape: variable.shape, data: (await variable.data()) as Float32Array<ArrayBuffer> };
  }
  for (const { name, idf } of features) {
    if (idf !== undefined) tensors[idfName(name)] = { shape: [idf.length], data: Float32Array.from(idf) };
  }
  const description = {
    ...options,
    features: features.map(({ idf: _, ...column }) => column),
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
    const { format, version, model, ...metadata } = file.metadata;
    if (format !== FORMAT || model === undefined) {
      throw new PinSageError('FILE_CORRUPT', `${path} is a safetensors file, but not a PinSage model.`);
    }
    if (Number(version) > VERSION) {
      throw new PinSageError(
        'FILE_VERSION',
        `${path} is a model of version ${version}; this program reads up to ${VERSION}.`,
      );
    }
    const options = parse(path, model);
    return {
      file,
      options: { ...options, features: options.features.map((column) => withIdf(file, column)) },
      metadata,
    };
  } catch (error) {
    file.close();
    throw error;
  }
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

function withIdf(file: Safetensors, column: FeatureColumn): FeatureColumn {
  const name = idfName(column.name);
  return file.has(name) ? { ...column, idf: Float32Array.from(file.get(name, 'F32').data as Float32Array) } : column;
}

function idfName(feature: string): string {
  return `features.${feature}.idf`;
}
