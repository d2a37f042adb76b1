import type { FeatureColumn } from '@pinsage/graph';
import { PinSageError, Safetensors, writeSafetensors } from '@pinsage/native';
import { neighborhoodsFromJson, neighborhoodsToJson } from './neighborhoods.js';
import type { PinSage, PinSageOptions } from './pinsage.js';

const FORMAT = 'pinsage-model';
const VERSION = 1;

export async function saveModel(path: string, model: PinSage, metadata: Record<string, string>): Promise<void> {
  const tensors: Parameters<typeof writeSafetensors>[1] = {};
  for (const variable of model.variables) {
    tensors[variable.name] = { shape: variable.shape, data: (await variable.data()) as Float32Array<ArrayBuffer> };
  }
  const features = model.features.map(({ idf, ...column }) => {
    if (idf !== undefined) tensors[idfName(column.name)] = { shape: [idf.length], data: Float32Array.from(idf) };
    return column;
  });
  await writeSafetensors(path, tensors, {
    ...metadata,
    format: FORMAT,
    version: String(VERSION),
    model: JSON.stringify({
      ...model.config,
      pins: model.pins,
      features,
      neighborhoods: model.neighborhoods && neighborhoodsToJson(model.neighborhoods),
    }),
  });
}

/** The caller closes `file` once it has read the weights. */
export async function openModel(
  path: string,
): Promise<{ file: Safetensors; options: PinSageOptions; metadata: Record<string, string> }> {
  const file = await Safetensors.open(path);
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
