import { readFile } from 'node:fs/promises';
import { ioError, PinSageError, writeFileAtomic } from '@pinsage/native';
import type { TuneSettings } from './settings.js';
import type { Space } from './space.js';
import type { HalvingOptions } from './successive-halving.js';
import type { StudyMetric } from './trial.js';

const FORMAT = 'pinsage-study';
const VERSION = 1;

/** study.json: all that the trials follow from. */
export interface StudyConfig extends HalvingOptions {
  /** The dataset's directory, relative to the study's. */
  dataset: string;
  /** Of what is trained on, so that another dataset or split in its place is noticed. */
  fingerprint: string;
  split: string;
  space: Space;
  /** Settings that all trials have. */
  base: TuneSettings;
  metric: StudyMetric;
  /** Trials in all. */
  trials: number;
  seed: number;
}

export async function writeStudyFile(path: string, config: StudyConfig): Promise<void> {
  await writeFileAtomic(path, `${JSON.stringify({ format: FORMAT, version: VERSION, ...config }, null, 2)}\n`);
}

/** undefined when there is none. @throws FILE_CORRUPT · FILE_VERSION · IO */
export async function readStudyFile(path: string): Promise<StudyConfig | undefined> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw ioError('reading', path, error);
  });
  if (text === undefined) return undefined;
  const { format, version, ...config } = parse(text) ?? {};
  if (format !== FORMAT || typeof version !== 'number' || !isObject(config.space) || !isObject(config.base)) {
    throw new PinSageError('FILE_CORRUPT', `${path} is not a study's configuration.`);
  }
  if (version > VERSION) {
    throw new PinSageError('FILE_VERSION', `${path} has version ${version}; this program reads up to ${VERSION}.`);
  }
  return config as unknown as StudyConfig;
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
