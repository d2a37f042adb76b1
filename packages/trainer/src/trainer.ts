import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Dataset } from '@pinsage/graph';
import { neighborhoodOptions, type PinSage, type RunDirectory } from '@pinsage/model';
import {
  chooseDevice,
  type DeviceGroup,
  type Edges,
  type Graph,
  invalidArgument,
  PinSageError,
  type PinSageErrorCode,
  release,
} from '@pinsage/native';
import { Adam } from '@pinsage/tensor';
import { BestWeights } from './best-weights.js';
import { BoardPairs } from './board-pairs.js';
import { listCheckpoints, loadCheckpoint, pruneCheckpoints, readState, saveCheckpoint } from './checkpoint.js';
import type { TrainerConfig, TrainerOptions } from './config.js';
import { EarlyStopping } from './early-stopping.js';
import { GivenPairs } from './given-pairs.js';
import { MetricsLog } from './metrics-log.js';
import { SharedNegatives } from './negatives.js';
import type { PairSource } from './pairs.js';
import { produce } from './producer.js';
import { resolveConfig } from './resolve-config.js';
import { learningRate } from './schedule.js';
import { SequencePairs } from './sequence-pairs.js';
import { type Together, trainStep } from './step.js';
import type { StepReport } from './step-report.js';
import { TimePairs } from './time-pairs.js';
import { type BatchSources, prepareBatch, type TrainingBatch } from './training-batch.js';
import { Validation, type ValidationResult } from './validation.js';
import { joinGpus } from './workers/device-sum.js';
import { digestOf, shareState, shareWeights } from './workers/share-state.js';
import type { Workers } from './workers/workers.js';

export interface TrainingData {
  dataset: Dataset;
  /** The edges to learn from: `split.train`, or `await dataset.graph()`. */
  graph: Graph;
  /** Held-out edges to validate on. Default: no validation, and so no early stopping. */
  validation?: Edges;
  /** Pairs to learn from instead of pins that share a board. Default: boards. */
  pairs?: { queries: Uint32Array; items: Uint32Array };
}

export interface TrainerCallbacks {
  onStep?: (report: StepReport) => void;
  onEpoch?: (epoch: number, report: StepReport) => void;
  onValidation?: (result: ValidationResult, report: StepReport) => void;
  onCheckpoint?: (path: string, step: number) => void;
}

export interface RunOptions extends TrainerCallbacks {
  /** Ends the training with a checkpoint and an error of code ABORTED. */
  signal?: AbortSignal;
}

/**
 * Trains a model (Ying et al., KDD 2018, §3.3, and what has been learned since: see docs/training.md).
 *
 * Everything random is a function of (seed, step): with a run directory, training that was stopped anywhere goes on from its last
 * checkpoint, and its weights become the same bits as those of training that was not.
 *
 * Several workers, which are processes on one machine or on several, make each step together: every one computes its share of the batch
 * and has the same weights, those of one worker but for the order of sums. Worker 0 validates, and writes the run.
 */
export class Trainer {
  readonly config: TrainerConfig;
  /** One report for each step so far; also those before a resume, when there is a run directory. */
  readonly history: StepReport[] = [];
  readonly #model: PinSage;
  readonly #run?: RunDirectory;
  readonly #workers?: Workers;
  #gpus?: DeviceGroup;
  readonly #sources: BatchSources;
  readonly #validation?: Validation;
  readonly #log?: MetricsLog;
  readonly #optimizer: Adam;
  readonly #best: BestWeights;
  #earlyStopping: EarlyStopping;
  #started = false;
  /** Steps done. */
  #done = 0;
  /** The last step, while its validation is still running. */
  #unfinished?: StepReport;

  /**
   * @param options the configuration, and `run`: the directory for checkpoints, metrics.jsonl and the trained model. Default:
   *   nothing is written. `workers`: those that train together, which all have the same model, data and options but for `run`, which
   *   is worker 0's. They are the caller's to close. Default: one.
   * @throws INVALID_ARGUMENT for an option out of range, or data that cannot be trained on
   */
  constructor(
    model: PinSage,
    data: TrainingData,
    options: TrainerOptions & { run?: RunDirectory; workers?: Workers } = {},
  ) {
    const { run, workers, ...rest } = options;
    const config = resolveConfig(rest);
    const { dataset, graph } = data;
    if (graph.pins !== dataset.pins) {
      throw invalidArgument('graph', graph.pins, `a graph of the dataset's ${dataset.pins} pins`);
    }
    const boards = model.boardSources(dataset, graph);
    if (boards && !data.pairs && config.folds === 1 && config.timeSlices === null) {
      throw invalidArgument(
        'folds',
        1,
        'at least 2 for a model that reads boards: it would read the shared board of a pair',
      );
    }
    if (workers !== undefined && workers.rank > 0 && run !== undefined) {
      throw invalidArgument('run', run.path, 'none: worker 0 writes it');
    }
    if (workers !== undefined && workers.size > config.batch) {
      throw invalidArgument('batch', config.batch, `at least one pair for each of ${workers.size} workers`);
    }
    this.config = config;
    this.#model = model;
    this.#workers = workers;
    this.#run = run;
    this.#log = run && new MetricsLog(run.metricsPath);
    this.#sources = {
      graph,
      model,
      config,
      neighborhoods: neighborhoodOptions(dataset, config.neighborhoods),
      walksOn: chooseDevice(config.sampling ?? undefined, 'sampling'),
      features: model.sources(dataset, graph),
      boards,
      pairs: pairSource(data, config),
      shared: new SharedNegatives(graph, config.negatives, config.seed),
      share: { rank: workers?.rank ?? 0, size: workers?.size ?? 1 },
    };
    const isFirst = this.#sources.share.rank === 0;
    const validation = isFirst && data.validation && new Validation(dataset, graph, data.validation, config);
    if (validation && validation.boards > 0) this.#validation = validation;
    this.#optimizer = new Adam({ learningRate: config.learningRate, weightDecay: config.weightDecay });
    this.#earlyStopping = new EarlyStopping(config.patience);
    this.#best = new BestWeights(model, run?.modelPath);
  }

  /** Steps of the whole training, when it does not stop early. */
  get steps(): number {
    return this.config.steps ?? this.config.epochs * this.config.stepsPerEpoch;
  }

  /** The share of the time in steps that was spent waiting for batches. */
  get waitingShare(): number {
    const seconds = this.history.reduce((sum, report) => sum + report.seconds, 0);
    return seconds === 0 ? 0 : this.history.reduce((sum, report) => sum + report.waited, 0) / seconds;
  }

  /** Runs to the end and gives back the history. The model then has the weights of the best validation, or the last ones. */
  async train(options: RunOptions = {}): Promise<StepReport[]> {
    for await (const _ of this.run(options));
    return this.history;
  }

  /**
   * Trains, one report a step. Goes on from the run directory's last checkpoint when there is one. Leaving the loop early ends the
   * training without a checkpoint of its own; an aborted `signal` makes one.
   *
   * @throws ABORTED · NOT_FINITE · PEER_LOST when another worker ended · DIVERGED when workers are not the same · LOCKED when another process writes the run · INVALID_ARGUMENT when the checkpoint is of another
   *   configuration · IO
   */
  async *run(options: RunOptions = {}): AsyncGenerator<StepReport, void, void> {
    if (this.#started) throw new PinSageError('INVALID_ARGUMENT', 'A trainer runs once: create another one.');
    this.#started = true;
    this.#model.neighborhoods = { ...this.config.neighborhoods, seed: BigInt(this.config.seed) };
    await this.#run?.lock();
    try {
      yield* this.#guarded(options);
    } catch (error) {
      await this.#workers?.close(error);
      throw error;
    } finally {
      this.#gpus?.close();
      this.#optimizer.dispose();
      await this.#run?.unlock();
    }
  }

  /** All of it, and a checkpoint when it is aborted or another worker is lost. */
  async *#guarded(options: RunOptions): AsyncGenerator<StepReport, void, void> {
    try {
      this.#done = await this.#begin();
      yield* this.#steps(this.#done, options);
      await this.#best.restore();
      if (this.#workers) await shareWeights(this.#workers, this.#model);
    } catch (error) {
      const cause = this.#workers ? await this.#workers.explain(error) : error;
      if (options.signal?.aborted) throw await this.#interrupted('ABORTED', 'Training was stopped', options);
      if (cause === error || !(cause instanceof PinSageError)) throw cause;
      throw await this.#interrupted(cause.code, `${cause.message}. Training was stopped`, options);
    }
  }

  async *#steps(first: number, options: RunOptions): AsyncGenerator<StepReport, void, void> {
    const { signal } = options;
    if (this.#unfinished) yield await this.#finish(this.#unfinished, options);
    const prepare = (step: number, stop: AbortSignal) =>
      prepareBatch(this.#sources, step, signal ? AbortSignal.any([signal, stop]) : stop);
    for await (const { value: batch, waited } of produce(first, this.steps, this.config.prefetch, prepare)) {
      // A step computes on this thread: others' timers and sockets get their turn in between.
      await nextTurn();
      signal?.throwIfAborted();
      const together = this.#workers && (await this.#agree(this.#workers, batch, signal));
      if (together?.stopped ?? this.#earlyStopping.stopped) return;
      const report = this.#step(batch, waited, together);
      release(batch.sample);
      this.#done = report.step;
      yield await this.#finish(report, options);
    }
  }

  /** What workers have to know of one another before a step, and whether worker 0 makes it. All of them come here together. */
  async #agree(
    workers: Workers,
    { step, blocks }: TrainingBatch,
    signal?: AbortSignal,
  ): Promise<Together & { stopped: boolean }> {
    if (step % this.config.checksumEvery === 0) await workers.checkSame('other weights', digestOf(this.#model));
    const own = [Number(this.#earlyStopping.stopped), ...blocks.map(({ negatives }) => negatives)];
    const all = await workers.exchange(own, signal);
    const negatives = blocks.map((_, block) => all.reduce((sum, each) => sum + each[block + 1], 0));
    return { group: workers.group, gpus: this.#gpus, negatives, stopped: all[0][0] === 1 };
  }

  #step(batch: TrainingBatch, waited: number, together?: Together): StepReport {
    const { config } = this;
    const start = performance.now();
    const rate = learningRate(batch.step, { ...config, warmup: config.warmup ?? config.stepsPerEpoch });
    const { loss, gradientNorm } = trainStep(this.#model, this.#optimizer, batch, config, rate, together);
    return {
      step: batch.step + 1,
      steps: this.steps,
      epoch: batch.epoch,
      loss,
      gradientNorm,
      learningRate: rate,
      seconds: waited + (performance.now() - start) / 1000,
      waited,
    };
  }

  /** What follows a step: validation, log, checkpoint. */
  async #finish(report: StepReport, options: RunOptions): Promise<StepReport> {
    this.#unfinished = report;
    const { stepsPerEpoch, evaluateEvery, checkpointEvery } = this.config;
    const isLast = report.step === this.steps;
    const isDue = (every: number | null) => isLast || report.step % (every ?? stepsPerEpoch) === 0;
    if (this.#validation && isDue(evaluateEvery)) await this.#validate(this.#validation, report, options);
    else if (!this.#validation && isLast && this.#sources.share.rank === 0) await this.#best.keep(report.step);
    this.history.push(report);
    await this.#log?.append(report);
    this.#unfinished = undefined;
    if (isDue(checkpointEvery) || this.#earlyStopping.stopped) await this.#checkpoint(options);
    options.onStep?.(report);
    if (report.step % stepsPerEpoch === 0) options.onEpoch?.(report.epoch, report);
    return report;
  }

  async #validate(validation: Validation, report: StepReport, options: RunOptions): Promise<void> {
    const result = await validation.run(this.#model, options.signal);
    report.validation = result;
    if (this.#earlyStopping.report(report.step, result.recallAt20)) await this.#best.keep(report.step);
    options.onValidation?.(result, report);
  }

  async #checkpoint(options: TrainerCallbacks): Promise<void> {
    if (this.#run === undefined) return;
    const step = this.#done;
    await saveCheckpoint(this.#run, this.#model, this.#optimizer, {
      step,
      config: this.config,
      earlyStopping: this.#earlyStopping.state,
      unfinished: this.#unfinished ?? null,
    });
    await pruneCheckpoints(this.#run, this.config.keepCheckpoints);
    options.onCheckpoint?.(this.#run.checkpointPath(step), step);
  }

  /** The step to begin with, from 0, which is worker 0's. */
  async #begin(): Promise<number> {
    const step = await this.#resume();
    const workers = this.#workers;
    if (workers === undefined) return step;
    const { pins, boards, edges } = this.#sources.graph;
    const { compression, exchange, checksumEvery } = this.config;
    const fixed = Object.entries(this.config).filter(([name]) => !FREE.includes(name as keyof TrainerConfig));
    const all = [fixed, this.steps, compression, exchange, checksumEvery, this.#model.config, pins, boards, edges];
    const configuration = JSON.stringify(all);
    await workers.checkSame('another configuration', createHash('sha256').update(configuration).digest());
    this.#gpus = await joinGpus(workers, exchange);
    return shareState(workers, step, this.#model, this.#optimizer);
  }

  /** The step of the last checkpoint, which is loaded; 0 without one. */
  async #resume(): Promise<number> {
    const run = this.#run;
    if (run === undefined) return 0;
    const step = (await listCheckpoints(run)).at(-1);
    if (step !== undefined) await this.#restore(run, step);
    // Last, so that a checkpoint that is refused costs nothing.
    this.history.push(...(await this.#log!.truncate<StepReport>(step ?? 0)));
    return step ?? 0;
  }

  async #restore(run: RunDirectory, step: number): Promise<void> {
    try {
      const state = await readState(run, step);
      checkSameConfig(state.config, this.config);
      await loadCheckpoint(run, step, this.#model, this.#optimizer);
      this.#earlyStopping = new EarlyStopping(this.config.patience, state.earlyStopping);
      this.#unfinished = state.unfinished ?? undefined;
    } catch (error) {
      if (!(error instanceof PinSageError) || !['FILE_CORRUPT', 'FILE_NOT_FOUND'].includes(error.code)) throw error;
      const hint = `Delete ${run.checkpointPath(step)} to go on from the checkpoint before it, or from the beginning.`;
      throw new PinSageError(error.code, `${error.message} ${hint}`, { cause: error });
    }
  }

  /** Weights are those of the last whole step, wherever the next one was left. */
  async #interrupted(code: PinSageErrorCode, what: string, options: RunOptions): Promise<PinSageError> {
    const step = this.#done;
    if (step > 0) await this.#checkpoint(options);
    const where = this.#run && step > 0 ? `; the checkpoint is in ${this.#run.checkpointPath(step)}` : '';
    const cause = options.signal?.reason;
    return new PinSageError(code, `${what} after step ${step}${where}.`, { cause });
  }
}

/** How long and how often may change on resume; what a step computes may not. */
const FREE: (keyof TrainerConfig)[] = [
  'sampling',
  'epochs',
  'steps',
  'patience',
  'evaluateEvery',
  'checkpointEvery',
  'keepCheckpoints',
  'prefetch',
  'compression',
  'exchange',
  'checksumEvery',
];

function checkSameConfig(saved: TrainerConfig, given: TrainerConfig): void {
  for (const name of Object.keys(given) as (keyof TrainerConfig)[]) {
    if (FREE.includes(name)) continue;
    const [old, now] = [JSON.stringify(saved[name]), JSON.stringify(given[name])];
    if (old !== now)
      throw invalidArgument(name, now, `${old}, as in the checkpoint; or train in another run directory`);
  }
}

function pairSource({ graph, pairs }: TrainingData, config: TrainerConfig): PairSource {
  if (pairs !== undefined && config.timeSlices !== null) {
    throw invalidArgument('timeSlices', config.timeSlices, 'null with pairs of your own, which have no times');
  }
  if (pairs !== undefined) return new GivenPairs(pairs, graph.pins, config.seed);
  if (config.timeSlices !== null) return new TimePairs(graph, config);
  return config.sequence === null ? new BoardPairs(graph, config) : new SequencePairs(graph, config);
}
