import { defaultModelConfig, type ModelConfig } from '@pinsage/model';
import { invalidArgument } from '@pinsage/native';
import type { TrainerOptions } from '../config.js';
import { resolveConfig } from '../resolve-config.js';
import { boundsOf, type ParameterValue, type Space } from './space.js';

/** Settings of a training, as `pinsage train --config` reads them. */
export interface TuneSettings {
  model: Partial<ModelConfig>;
  trainer: TrainerOptions;
}

/** What makes a study's trials comparable is not searched. */
const FIXED = ['trainer.steps', 'trainer.epochs', 'trainer.seed', 'model.seed'];

/** The settings with values by name, such as `trainer.negatives.shared`, put in. */
export function withValues(settings: TuneSettings, values: Record<string, ParameterValue>): TuneSettings {
  const copy = structuredClone(settings) as unknown as Nested;
  for (const [name, value] of Object.entries(values)) {
    const path = name.split('.');
    const last = path.pop() as string;
    let place = copy;
    for (const part of path) {
      place[part] ??= {};
      place = place[part] as Nested;
    }
    place[last] = value;
  }
  return copy as unknown as TuneSettings;
}

interface Nested {
  [name: string]: unknown;
}

/** Whether a trainer and a model take all of the space. @throws INVALID_ARGUMENT with the name that they do not know or the value */
export function checkSettings(settings: TuneSettings, space: Space): void {
  for (const name of Object.keys(space)) {
    const [part, ...rest] = name.split('.');
    const known =
      part === 'trainer' ? rest.length > 0 : part === 'model' && Object.hasOwn(defaultModelConfig, rest.join('.'));
    if (!known || FIXED.includes(name)) {
      const model = Object.keys(defaultModelConfig).map((key) => `model.${key}`);
      const allowed = ['trainer.…', ...model].filter((key) => !FIXED.includes(key)).join(', ');
      throw invalidArgument('space', name, `${allowed}; not ${FIXED.join(', ')}`);
    }
    for (const value of boundsOf(space[name])) resolveConfig(withValues(settings, { [name]: value }).trainer);
  }
}
