import type { Dataset } from '@pinsage/graph';
import { type ModelConfig, PinSage } from '@pinsage/model';
import type { TrainerOptions } from './config.js';
import { presets } from './presets.js';
import { resolveConfig } from './resolve-config.js';

/**
 * A new model for a dataset: the preset's shape, overridden by `settings`, reading all features of the dataset's pins, and those of its
 * boards unless it has learned vectors of them (both together measured worse than either), or the trainer holds no edges out
 * (`folds` 1), where they would give the answers away.
 *
 * @throws INVALID_ARGUMENT for an option out of range
 */
export function createModel(
  dataset: Dataset,
  settings: Partial<ModelConfig> = {},
  options: TrainerOptions = {},
): PinSage {
  const { preset, folds } = resolveConfig(options);
  const shape = { ...presets[preset].model, ...settings };
  return new PinSage({
    ...shape,
    features: dataset.features,
    boardFeatures: shape.boardVector === true || folds === 1 ? [] : dataset.boardFeatures,
    pins: dataset.pins,
    boards: dataset.boards,
  });
}
