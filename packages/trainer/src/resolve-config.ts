import { checkChoice, checkInteger, checkNumber, invalidArgument, WIRES } from '@pinsage/native';
import type { NegativesConfig, PresetName, TrainerConfig, TrainerOptions } from './config.js';
import { defaults, presets } from './presets.js';

/** Fills in the preset's defaults and checks every field. Throws INVALID_ARGUMENT, also for names that do not exist. */
export function resolveConfig(options: TrainerOptions = {}): TrainerConfig {
  const preset = checkChoice('preset', options.preset ?? 'default', Object.keys(presets) as PresetName[]);
  const config = merge(merge(defaults, presets[preset].trainer), options) as unknown as TrainerConfig;
  checkObjective(config);
  checkSampling(config);
  checkNegatives(config.negatives, config.loss);
  checkOptimisation(config);
  checkBookkeeping(config);
  return config;
}

/** Options over defaults, one level of nesting; fields that are undefined do not count. */
function merge<T extends object>(base: T, options: object, prefix = ''): T {
  const merged = { ...base } as Record<string, unknown>;
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(base, name)) throw invalidArgument('option', `${prefix}${name}`, Object.keys(base).join(', '));
    if (value === undefined) continue;
    const old = merged[name];
    const nested = typeof old === 'object' && old !== null;
    if (nested && (typeof value !== 'object' || value === null)) {
      throw invalidArgument(`${prefix}${name}`, value, `an object of ${Object.keys(old).join(', ')}`);
    }
    merged[name] = nested ? merge(old, value, `${name}.`) : value;
  }
  return merged as T;
}

function checkObjective(config: TrainerConfig): void {
  checkChoice('loss', config.loss, ['softmax', 'max-margin', 'cross-entropy']);
  checkNumber('temperature', config.temperature, 1e-3, 1e3);
  checkBoolean('logQ', config.logQ);
  checkNumber('margin', config.margin, 0, 1e6);
  checkChoice('mask', config.mask, ['pair', 'board']);
  checkInteger('block', config.block, 2, 65_536);
}

function checkSampling(config: TrainerConfig): void {
  checkInteger('batch', config.batch, 2, 1_048_576);
  checkInteger('setQuery', config.setQuery, 1, 64);
  checkNumber('boardPower', config.boardPower, 0, 2);
  checkChoice('timeOrder', config.timeOrder, ['any', 'earlier', 'previous']);
  if (config.timeSlices !== null) checkInteger('timeSlices', config.timeSlices, 2, 100_000);
  if (config.timeWindow !== null) checkNumber('timeWindow', config.timeWindow, 0, Number.MAX_VALUE);
  if (config.sequence !== null) {
    checkInteger('sequence', config.sequence, 1, 2 ** 31);
    if (config.timeSlices !== null) throw invalidArgument('timeSlices', config.timeSlices, 'null with sequence');
    if (config.setQuery !== 1) throw invalidArgument('setQuery', config.setQuery, '1 with sequence');
  }
  checkChoice('supervision', config.supervision, ['target', 'both']);
  checkInteger('folds', config.folds, 1, 1000);
  checkInteger('neighborhoods.walks', config.neighborhoods.walks, 1, 65_535);
  // As many as graph.neighborhoods takes.
  const hops = Math.min(65_535, Math.floor(2 ** 24 / config.neighborhoods.walks));
  checkInteger('neighborhoods.hops', config.neighborhoods.hops, 1, hops);
  checkNumber('neighborhoods.stop', config.neighborhoods.stop, 0, 1);
  checkInteger('neighborhoods.neighbors', config.neighborhoods.neighbors, 1, 65_535);
  checkQuotas(config.neighborhoods.quotas);
  checkNumber('nodeDropout', config.nodeDropout, 0, 1);
}

function checkQuotas(quotas: unknown): void {
  if (quotas === null) return;
  if (typeof quotas !== 'object' || Array.isArray(quotas)) {
    throw invalidArgument('neighborhoods.quotas', quotas, 'numbers of neighbours by type of board, or null');
  }
  let sum = 0;
  for (const [type, quota] of Object.entries(quotas as object)) {
    sum += checkInteger(`neighborhoods.quotas.${type}`, quota, 0, 65_535);
  }
  checkInteger('the sum of neighborhoods.quotas', sum, 1, 65_535);
}

function checkNegatives(negatives: NegativesConfig, loss: TrainerConfig['loss']): void {
  checkInteger('negatives.own', negatives.own, 0, 1000);
  // Max-margin has no others in the curriculum's first epoch.
  const hasHard = negatives.hard !== 'curriculum' && negatives.hard !== 0;
  const needed = loss !== 'softmax' && !hasHard && negatives.own === 0;
  checkInteger('negatives.shared', negatives.shared, needed ? 1 : 0, 1_048_576);
  checkChoice('negatives.distribution', negatives.distribution, ['uniform', 'degree']);
  if (negatives.hard !== 'curriculum') checkInteger('negatives.hard', negatives.hard, 0, 1000);
  if (negatives.hardFrom !== null) checkInteger('negatives.hardFrom', negatives.hardFrom, 0, 2 ** 31);
  if (negatives.hardTo !== null)
    checkInteger('negatives.hardTo', negatives.hardTo, (negatives.hardFrom ?? 0) + 1, 2 ** 31);
  checkInteger('negatives.hardQueries', negatives.hardQueries, 1, 1_048_576);
}

function checkOptimisation(config: TrainerConfig): void {
  checkInteger('epochs', config.epochs, 1, 1_000_000);
  checkInteger('stepsPerEpoch', config.stepsPerEpoch, 1, 2 ** 31);
  if (config.steps !== null) checkInteger('steps', config.steps, 1, 2 ** 31);
  checkNumber('learningRate', config.learningRate, 0, 1e3);
  if (config.warmup !== null) checkInteger('warmup', config.warmup, 0, 2 ** 31);
  checkNumber('decay', config.decay, 1e-6, 1);
  checkNumber('weightDecay', config.weightDecay, 0, 1e3);
  if (config.clipNorm !== null) checkNumber('clipNorm', config.clipNorm, 1e-9, 1e9);
}

function checkBookkeeping(config: TrainerConfig): void {
  for (const name of ['evaluateEvery', 'patience', 'checkpointEvery'] as const) {
    if (config[name] !== null) checkInteger(name, config[name], 1, 2 ** 31);
  }
  checkInteger('validationBoards', config.validationBoards, 1, 2 ** 31);
  checkInteger('keepCheckpoints', config.keepCheckpoints, 1, 1000);
  checkInteger('prefetch', config.prefetch, 1, 64);
  checkChoice('compression', config.compression, WIRES);
  checkChoice('exchange', config.exchange, ['auto', 'host', 'nccl']);
  checkInteger('checksumEvery', config.checksumEvery, 1, 2 ** 31);
  if (config.sampling !== null) checkChoice('sampling', config.sampling, ['cpu', 'cuda', 'auto']);
  checkInteger('seed', config.seed, 0, Number.MAX_SAFE_INTEGER);
}

function checkBoolean(argument: string, value: unknown): void {
  if (typeof value !== 'boolean') throw invalidArgument(argument, value, 'true | false');
}
