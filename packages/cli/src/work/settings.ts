import { readFile } from 'node:fs/promises';
import { defaultModelConfig, type ModelConfig } from '@pinsage/model';
import { invalidArgument, PinSageError } from '@pinsage/native';
import { resolveConfig, type TrainerOptions } from '@pinsage/trainer';
import type { TrainFlags } from '../flags.js';
import type { Settings } from '../options.js';

/** What a run is trained with. Only what was given, so that defaults stay defaults. */
export interface RunSettings {
  model: Partial<ModelConfig>;
  trainer: TrainerOptions;
}

/** The file's settings, overridden by --set, overridden by the options that have names. All of it is checked. */
export async function readSettings(flags: Partial<TrainFlags>): Promise<RunSettings> {
  const settings = merge(merge(await readFileSettings(flags.config), flags.set ?? {}), {
    model: { layers: flags.layers, output: flags.output, seed: flags.seed },
    trainer: {
      preset: flags.preset,
      loss: flags.loss,
      epochs: flags.epochs,
      steps: flags.steps,
      batch: flags.batch,
      learningRate: flags.learningRate,
      seed: flags.seed,
      neighborhoods: { neighbors: flags.neighbors },
    },
  });
  const strange = Object.keys(settings).find((name) => name !== 'model' && name !== 'trainer');
  if (strange !== undefined) throw invalidArgument('setting', strange, "names that begin with 'model.' or 'trainer.'");
  const { model = {}, trainer = {} } = settings as { model?: Settings; trainer?: Settings };
  for (const name of Object.keys(model)) {
    if (!Object.hasOwn(defaultModelConfig, name)) {
      throw invalidArgument('setting', `model.${name}`, `model.${Object.keys(defaultModelConfig).join(', model.')}`);
    }
  }
  resolveConfig(trainer as TrainerOptions);
  return { model, trainer: trainer as TrainerOptions };
}

function readFileSettings(path: string | undefined): Promise<Settings> {
  return path === undefined ? Promise.resolve({}) : readJsonObject(path, 'settings');
}

/** @param what is in it, for the message */
export async function readJsonObject(path: string, what: string): Promise<Settings> {
  const text = await readFile(path, 'utf8').catch((cause) => {
    throw new PinSageError('FILE_NOT_FOUND', `${path} cannot be read: ${cause.message}`, { cause });
  });
  try {
    const settings: unknown = JSON.parse(text);
    if (isObject(settings)) return settings;
  } catch {
    // Said below.
  }
  throw new PinSageError('FILE_CORRUPT', `${path} is not a JSON object of ${what}.`);
}

/** Settings over settings, at any depth; what is undefined does not count, and neither do objects that are empty then. */
export function merge(base: Settings, over: Settings): Settings {
  const merged = { ...base };
  for (const [name, value] of Object.entries(over)) {
    if (value === undefined) continue;
    if (!isObject(value)) {
      merged[name] = value;
      continue;
    }
    const inner = merge(isObject(merged[name]) ? merged[name] : {}, value);
    if (Object.keys(inner).length > 0) merged[name] = inner;
  }
  return merged;
}

function isObject(value: unknown): value is Settings {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
