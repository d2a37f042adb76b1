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
  setQuery: 8,
  boardPower: 0.5,
  timeOrder: 'any',
  timeWindow: null,
  sequence: null,
  timeSlices: null,
  supervision: 'target',
  folds: 5,
  mask: 'board',
  neighborhoods: { walks: 100, hops: 3, stop: 0.5, neighbors: 10, quotas: null },
  negatives: {
    shared: 500,
    distribution: 'uniform',
    own: 0,
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
  compression: 'f32',
  exchange: 'auto',
  checksumEvery: 100,
  seed: 0,
};

export const presets: Record<PresetName, Preset> = {
  /** Boards to go on with: content, graph and what a pin's boards are; docs/results/quality.md says what each part is worth. */
  default: { trainer: {}, model: { layers: 1, boardVector: true } },
  /** For pins that are new, which have content and nothing else: half of a step's pins look like that, and small boards count more. */
  content: {
    trainer: { setQuery: 2, boardPower: 0.25, nodeDropout: 0.5, mask: 'pair' },
    model: { layers: 1, boardVector: true },
  },
  /** For a graph without features: a learned vector of every pin and board. */
  collaborative: { trainer: { nodeDropout: 0 }, model: { layers: 1, boardVector: true, pinVector: true } },
  /** For what people do one after the other: pins that are near in time. Vectors of pins, no walks. */
  sequential: {
    trainer: {
      temperature: 0.5,
      epochs: 8,
      stepsPerEpoch: 100,
      setQuery: 1,
      sequence: 10,
      folds: 1,
      nodeDropout: 0,
      learningRate: 0.005,
      weightDecay: 0.2,
      evaluateEvery: 50,
      patience: 6,
    },
    model: { layers: 0, pinVector: true, similarity: 'dot' },
  },
  /** Ying et al., KDD 2018, §3: plain pairs, max-margin, shared easy and PageRank-hard negatives with the curriculum, T = 50. */
  paper: {
    trainer: {
      loss: 'max-margin',
      setQuery: 1,
      mask: 'pair',
      folds: 1,
      neighborhoods: { neighbors: 50 },
      negatives: { hard: 'curriculum' },
      nodeDropout: 0,
      learningRate: 0.001,
      decay: 0.95,
    },
    model: { residual: false, similarity: 'dot', aggregator: 'importance', layers: 2 },
  },
  /**
   * DGL's PinSage example (its defaults in 2021): one random negative for each pair, vectors and biases of pins, a few short walks,
   * 20,000 steps of 32 pairs at a constant 3e-5. Its pairs begin at a uniform pin, ours at a uniform edge.
   */
  dgl: {
    trainer: {
      loss: 'max-margin',
      margin: 1,
      setQuery: 1,
      boardPower: 1,
      mask: 'pair',
      folds: 1,
      neighborhoods: { walks: 10, hops: 2, neighbors: 3 },
      negatives: { shared: 0, own: 1 },
      nodeDropout: 0,
      batch: 32,
      epochs: 1,
      stepsPerEpoch: 20_000,
      learningRate: 3e-5,
      warmup: 0,
      decay: 1,
      clipNorm: null,
      patience: null,
    },
    model: {
      layers: 2,
      width: 16,
      hidden: 16,
      output: 16,
      similarity: 'dot',
      degree: false,
      pinVector: true,
      pinBias: true,
    },
  },
};
