import type { FeatureColumn } from '@pinsage/graph';
import { checkChoice, checkInteger, invalidArgument } from '@pinsage/native';
import type { NeighborhoodSettings } from './neighborhoods.js';

/** The shape of a model. Every size is a number of float32 values. */
export interface ModelConfig {
  /** Convolutions (the paper's K). 0 is a model of content alone. Default 2. */
  layers: number;
  /** Width of h, the representation that enters and leaves every convolution. Default 128. */
  width: number;
  /** Width of a transformed neighbour (rows of Q, the paper's m). Default 256. */
  hidden: number;
  /** Width of z, the embedding (the paper's d). Default 128. */
  output: number;
  /** How neighbours become one vector: weighted by visits (the paper), their plain mean, or their maximum. Default 'importance'. */
  aggregator: 'importance' | 'mean' | 'max';
  /** Adds a linear map of h0 to the output. Default true. */
  residual: boolean;
  /** 'cosine': embeddings have length 1. 'dot': any length, as in the paper. Default 'cosine'. */
  similarity: 'cosine' | 'dot';
  /** Reads the number of boards of a pin as a feature. Default true. */
  degree: boolean;
  /** Learns a free vector for every pin of the graph. New pins have none. Default false. */
  pinVector: boolean;
  /**
   * Learns a free vector for every board of the graph, and reads those of the boards that a pin is on. New pins on known boards have
   * them too; new boards have none. Default false.
   */
  boardVector: boolean;
  /**
   * Learns a number for every pin of the graph, which training adds to the pin's scores as a candidate. It takes up popularity, which
   * the embeddings then are without. Default false.
   */
  pinBias: boolean;
  /** Seed of the initial weights. Default 0. */
  seed: number;
}

export interface PinSageOptions extends Partial<ModelConfig> {
  /** The features to read, in the order in which batches gather them: `dataset.features`, or some of them. */
  features: FeatureColumn[];
  /** Features of boards, which are read of the boards that a pin is on: `dataset.boardFeatures`, or some of them. Default: none. */
  boardFeatures?: FeatureColumn[];
  /** Pins of the graph; needed by `pinVector` and `pinBias`. */
  pins?: number;
  /** Boards of the graph; needed by `boardVector`. */
  boards?: number;
  /** See `PinSage.neighborhoods`. */
  neighborhoods?: NeighborhoodSettings;
}

export const defaultModelConfig: Readonly<ModelConfig> = {
  layers: 2,
  width: 128,
  hidden: 256,
  output: 128,
  aggregator: 'importance',
  residual: true,
  similarity: 'cosine',
  degree: true,
  pinVector: false,
  boardVector: false,
  pinBias: false,
  seed: 0,
};

/** The defaults, overridden by what is given, checked. Other keys are left out. */
export function modelConfig(given: Partial<ModelConfig>): ModelConfig {
  const config = { ...defaultModelConfig };
  for (const key of Object.keys(config) as (keyof ModelConfig)[]) {
    if (given[key] !== undefined) Object.assign(config, { [key]: given[key] });
  }
  checkInteger('layers', config.layers, 0, 8);
  for (const key of ['width', 'hidden', 'output'] as const) checkInteger(key, config[key], 1, 65536);
  checkChoice('aggregator', config.aggregator, ['importance', 'mean', 'max']);
  checkChoice('similarity', config.similarity, ['cosine', 'dot']);
  for (const key of ['residual', 'degree', 'pinVector', 'boardVector', 'pinBias'] as const) {
    if (typeof config[key] !== 'boolean') throw invalidArgument(key, config[key], 'true | false');
  }
  checkInteger('seed', config.seed, 0, Number.MAX_SAFE_INTEGER);
  return config;
}
