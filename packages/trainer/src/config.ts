import type { Device, Wire } from '@pinsage/native';
import type { HardNegatives } from './curriculum.js';

export type PresetName = 'default' | 'paper' | 'dgl' | 'content' | 'collaborative' | 'sequential';

/** How the neighbourhoods of a training step are sampled. */
export interface NeighborhoodConfig {
  /** Walks from every pin. Default 100. */
  walks: number;
  /** Hops (pin → board → pin) of a walk at most. Default 3. */
  hops: number;
  /** Probability to stop before every hop after the first. Default 0.5. */
  stop: number;
  /** T: most visited pins that are kept. Default 10; 50 in the preset 'paper'. */
  neighbors: number;
  /**
   * For boards of several types: neighbours by type instead of `neighbors`, such as { playlist: 7, album: 3 }. Walks for a type use its
   * boards alone; types without a quota are not walked. null: boards are walked whatever their type. Default null.
   */
  quotas: Record<string, number> | null;
}

export interface NegativesConfig {
  /** Easy negatives of a step, drawn outside the batch and shared by all its pairs. Default 500. */
  shared: number;
  /** Easy negatives are drawn uniformly or with probability ∝ (degree + 1)^0.75. Default 'uniform'. */
  distribution: 'uniform' | 'degree';
  /** Easy negatives of each pair alone, drawn uniformly. Default 0; 1 in the preset 'dgl'. */
  own: number;
  /** Hard negatives of a pair: a number, or 'curriculum' (n − 1 in epoch n). Default 0; 'curriculum' in the preset 'paper'. */
  hard: HardNegatives;
  /**
   * Hard negatives come from the ranks [hardFrom, hardTo) of the query's Personalized PageRank. Defaults (null): 2000 and 5000 as
   * in the paper, but at most 1 % and 5 % of the catalogue.
   */
  hardFrom: number | null;
  hardTo: number | null;
  /** Pairs of a step that get hard negatives; the others have easy ones only. Each costs an exact PageRank. Default 64. */
  hardQueries: number;
}

/** What a Trainer does. Plain JSON; every field has a default, which `preset: 'paper'` changes in places. */
export interface TrainerConfig {
  /** The set of defaults: see `presets`. Default 'default'. */
  preset: PresetName;
  /**
   * Sampled softmax over in-batch and shared negatives, the paper's max-margin hinge over shared ones, or binary cross-entropy over
   * these (GraphSAGE's). Default 'softmax'.
   */
  loss: 'softmax' | 'max-margin' | 'cross-entropy';
  /** Softmax and cross-entropy: scores are divided by it. Default 0.07. */
  temperature: number;
  /** Softmax: subtract the log of how often a candidate is drawn, so that popular pins are not punished for it. Default true. */
  logQ: boolean;
  /** Max-margin: how far below the positive's score a negative's has to be. Default 0.1. */
  margin: number;
  /** Default 6. */
  epochs: number;
  /** Steps between two evaluations, and the unit of warm-up, decay and curriculum. Default 40. */
  stepsPerEpoch: number;
  /** Stops after so many steps instead of epochs × stepsPerEpoch. Default null. */
  steps: number | null;
  /** Pairs of a step. Default 1024. */
  batch: number;
  /** Softmax: a query's in-batch negatives come from its block of so many pairs. Default 1024. */
  block: number;
  /** Pins of one board that form a query (the normalised mean of their embeddings); 1 is the paper's plain pair. Default 8. */
  setQuery: number;
  /** A board is drawn with probability ∝ size^boardPower: 0 treats boards alike, 1 treats edges alike. Default 0.5. */
  boardPower: number;
  /**
   * With edge times: which pins of a board may be an item's query. 'earlier': pins that came before it, at random; 'previous': the
   * `setQuery` ones right before it. 'any' looks at times only where `timeWindow` or `timeSlices` is set, as 'earlier'. Default 'any'.
   */
  timeOrder: 'any' | 'earlier' | 'previous';
  /**
   * With edge times: the query's pins are earlier on the board than the item, by at most this much (unit: the time column's).
   * null: however much. Default null.
   */
  timeWindow: number | null;
  /**
   * With edge times: the pair's pins are at most so many places apart on their board in order of time, near ones more often (with
   * probability ∝ 1/distance). Needs setQuery 1. null: any pins of the board. Default null; 10 in the preset 'sequential'.
   */
  sequence: number | null;
  /**
   * With edge times: the edges, in the order of time, are so many slices of equal size. A step takes its items from one slice of the
   * later half, in turn, and its walks see the edges from before the slice only, instead of those outside a fold: `folds` and
   * `supervision` do not count then. null: walks see edges of all times. Default null.
   */
  timeSlices: number | null;
  /**
   * Which edges of a pair the step's walks must not cross: 'target' the one between item and board, as when serving, where the
   * query's pins are on the board already; 'both' the query's too. Default 'target'.
   */
  supervision: 'target' | 'both';
  /** Edges are dealt into so many folds and step s supervises with fold s mod folds, held out of its walks. 1 holds nothing out. Default 5. */
  folds: number;
  /** Softmax: candidates that do not count as a query's negatives: the pair's own pins, or all pins of its board. Default 'board'. */
  mask: 'pair' | 'board';
  neighborhoods: NeighborhoodConfig;
  negatives: NegativesConfig;
  /** Probability that a pin of the batch loses its neighbourhood, so that pins without boards work. Default 0.1. */
  nodeDropout: number;
  /** Adam's rate at the end of the warm-up. Default 0.01. */
  learningRate: number;
  /** Steps over which the rate rises from 0. null: the first epoch. Default null. */
  warmup: number | null;
  /** Factor on the rate for each epoch after the warm-up. Default 0.7. */
  decay: number;
  /** Decoupled weight decay of Adam. Default 0. */
  weightDecay: number;
  /** Gradients are scaled down to this global norm. null does not. Default 1. */
  clipNorm: number | null;
  /** Steps between two validations. null: an epoch. Default null. */
  evaluateEvery: number | null;
  /** Boards that a validation ranks all pins for, at most (drawn once). Default 1000. */
  validationBoards: number;
  /** Stops after so many validations without a better Recall@20, and keeps the best. null never stops. Default 3. */
  patience: number | null;
  /** Steps between two checkpoints. null: an epoch. Default null. */
  checkpointEvery: number | null;
  /** Newest checkpoints that are kept, beside the best one. Default 2. */
  keepCheckpoints: number;
  /** Batches that are prepared ahead of the step that computes. Default 3. */
  prefetch: number;
  /**
   * Where the walks of batches run, with the same results: 'cuda' is the first NVIDIA GPU, 'auto' that where there is one, else the
   * processor. null: what the environment's PINSAGE_DEVICE says, else the processor. Tensors are where useBackend() put them.
   * Default null.
   */
  sampling: Device | 'auto' | null;
  /**
   * With several workers, how gradients travel: 'f16' and 'bf16' are half as long and rounded, to 11 and 8 bits. Default 'f32'.
   */
  compression: Wire;
  /**
   * With several workers on GPUs, where gradients are summed: 'nccl' between the GPUs, by NVIDIA's NCCL, where `compression` has no say
   * and every worker needs a GPU of its own; 'host' in the host's memory, as on processors; 'auto' as NCCL where all workers can. Default
   * 'auto'.
   */
  exchange: 'auto' | 'host' | 'nccl';
  /** With several workers, steps between two comparisons of their weights, which have to be the same bits. Default 100. */
  checksumEvery: number;
  /** Everything random follows from it. Default 0. */
  seed: number;
}

/** A TrainerConfig where everything may be left out. */
export type TrainerOptions = Partial<Omit<TrainerConfig, 'neighborhoods' | 'negatives'>> & {
  neighborhoods?: Partial<NeighborhoodConfig>;
  negatives?: Partial<NegativesConfig>;
};
