import type { ModelConfig } from '@pinsage/model';
import type { PresetName, TrainerConfig, TrainerOptions } from './config.js';

/** A method as a whole: what the trainer does and which model goes with it. */
export interface Preset {
  trainer: TrainerOptions;
  model: Partial<ModelConfig>;
}

/** The preset 'default': what measures best on the collections that we have (docs/training.md says how it was measured). */
export const defaults: TrainerConfig = {
  preset: 'default',
  loss: 'softmax',
  temperature: 0.07,
  logQ: true,
  margin: 0.1,
  epochs: 6,
  stepsPerEpoch: 40,
  steps: null,
  batch: 1024,
  block: 1024,
  setQuery: 4,
  boardPower: 0.5,
  timeWindow: null,
  sequence: null,
  supervision: 'target',
  folds: 5,
  mask: 'pair',
  neighborhoods: { walks: 100, hops: 3, stop: 0.5, neighbors: 10, quotas: null },
  negatives: {
    shared: 500,
    distribution: 'uniform',
    hard: 0,
    hardFrom: null,
    hardTo: null,
    hardQueries: 64,
  },
  nodeDropout: 0.1,
  learningRate: 0.01,
  warmup: null,
  decay: 0.7,
  weightDecay: 0,
  clipNorm: 1,
  evaluateEvery: null,
  validationBoards: 1000,
  patience: 3,
  checkpointEvery: null,
  keepCheckpoints: 2,
  prefetch: 3,
  sampling: null,
  seed: 0,
};

export const presets: Record<PresetName, Preset> = {
  default: { trainer: {}, model: {} },
  /** Ying et al., KDD 2018, §3: plain pairs, max-margin, shared easy and PageRank-hard negatives with the curriculum, T = 50. */
  paper: {
    trainer: {
      loss: 'max-margin',
      setQuery: 1,
      folds: 1,
      neighborhoods: { neighbors: 50 },
      negatives: { hard: 'curriculum' },
      nodeDropout: 0,
      learningRate: 0.001,
      decay: 0.95,
    },
    model: { residual: false, similarity: 'dot', aggregator: 'importance', layers: 2 },
  },
};
