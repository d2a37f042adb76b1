import { createHash } from 'node:crypto';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import type { Dataset, Split } from '@pinsage/graph';
import { acquireLock, RunDirectory, releaseLock } from '@pinsage/model';
import { checkChoice, checkInteger, invalidArgument, ioError, PinSageError } from '@pinsage/native';
import { createModel } from '../create-model.js';
import type { StepReport } from '../step-report.js';
import { Trainer } from '../trainer.js';
import { defaultSpace } from './default-space.js';
import { proposeValues } from './sampler.js';
import { checkSettings, type TuneSettings, withValues } from './settings.js';
import { checkSpace, type Space } from './space.js';
import { readStudyFile, type StudyConfig, writeStudyFile } from './study-file.js';
import { goesOn } from './successive-halving.js';
import {
  applyEvent,
  bestSoFar,
  type Outcome,
  type StudyMetric,
  type Trial,
  type TrialEvent,
  trialsByMerit,
} from './trial.js';
import { TrialLog } from './trial-log.js';

/** Epochs of a trial, if `base` does not say: a schedule of warm-up and decay as long as the trial. */
const EPOCHS = 6;
/** As many as a training has by default. */
const STEPS = 240;

/** What a study is made of. A split and its dataset have to stay open. */
export interface StudyData {
  dataset: Dataset;
  split: Split;
  /** The split's name. */
  splitName: string;
}

export interface StudyOptions {
  /** What to search. Default: defaultSpace. */
  space?: Space;
  /** Settings of all trials. Default: the trainer's and the model's defaults. */
  base?: Partial<TuneSettings>;
  /** Default 30. */
  trials?: number;
  /** Steps of a trial that is not stopped. Default: `base.trainer.steps`, else 240. */
  steps?: number;
  /** Of the validation, to be made large. Default 'recall@20'. */
  metric?: StudyMetric;
  /** One in so many trials goes on at each rung; 1 stops none. Default 3. */
  reduction?: number;
  /** Validations before a trial may be stopped. Default 1. */
  grace?: number;
  /** Of the sampler and the trainings. Default 0. */
  seed?: number;
}

export interface StudyRunOptions {
  /** Ends the study with an error of code ABORTED; it can be run on. */
  signal?: AbortSignal;
  onStart?: (trial: Trial) => void;
  onStep?: (trial: Trial, report: StepReport) => void;
  onEnd?: (trial: Trial) => void;
}

/**
 * A search for good settings in a directory: study.json says what is searched, trials.jsonl what has come of it. Trials run one after
 * the other, and each follows from the seed, its number and the ended trials before it. A study that was killed anywhere goes on
 * where it stopped: trials that have ended are not run again, and the one in between goes on from its last checkpoint.
 */
export class Study {
  readonly path: string;
  readonly config: StudyConfig;
  /** Those that were started, in order. */
  readonly trials: Trial[];
  readonly #data: StudyData;
  readonly #log: TrialLog;

  private constructor(path: string, config: StudyConfig, data: StudyData, trials: Trial[], log: TrialLog) {
    this.path = path;
    this.config = config;
    this.trials = trials;
    this.#data = data;
    this.#log = log;
  }

  /** Makes the directory and its study.json. @throws FILE_EXISTS when there is a study already · INVALID_ARGUMENT · IO */
  static async create(path: string, data: StudyData, options: StudyOptions = {}): Promise<Study> {
    const absolute = resolve(path);
    const config = configure(absolute, data, options);
    await mkdir(absolute, { recursive: true }).catch((error) => {
      throw ioError('creating', path, error);
    });
    await locked(absolute, async () => {
      if ((await readStudyFile(join(absolute, 'study.json'))) !== undefined) {
        throw new PinSageError('FILE_EXISTS', `${path} holds a study already. Resume it, or choose another directory.`);
      }
      await writeStudyFile(join(absolute, 'study.json'), config);
    });
    return new Study(absolute, config, data, [], new TrialLog(join(absolute, 'trials.jsonl')));
  }

  /** What a study was made from, before its dataset is opened. @throws FILE_NOT_FOUND · FILE_CORRUPT · FILE_VERSION */
  static async read(path: string): Promise<StudyConfig & { datasetPath: string }> {
    const config = await readStudyFile(join(path, 'study.json'));
    if (config === undefined) throw new PinSageError('FILE_NOT_FOUND', `${path} is not a study: it has no study.json.`);
    return { ...config, datasetPath: resolve(path, config.dataset) };
  }

  /**
   * Opens a study to go on with. `trials` may be another number than before; other options that are given have to be as they were.
   *
   * @throws INVALID_ARGUMENT for another dataset, split, space or option
   */
  static async open(path: string, data: StudyData, options: StudyOptions = {}): Promise<Study> {
    const absolute = resolve(path);
    const { datasetPath: _, ...saved } = await Study.read(path);
    checkSame(saved, data, options);
    const config = { ...saved, trials: checkTrials(options.trials ?? saved.trials) };
    if (config.trials !== saved.trials) {
      await locked(absolute, () => writeStudyFile(join(absolute, 'study.json'), config));
    }
    const log = new TrialLog(join(absolute, 'trials.jsonl'));
    return new Study(absolute, config, data, collect(await log.read(), config.metric), log);
  }

  /** The best of the complete trials. */
  get best(): Trial | undefined {
    return trialsByMerit(this.trials).find(({ outcome, value }) => outcome === 'complete' && value !== null);
  }

  /** What a trial was trained with: a file for `pinsage train --config`. */
  settingsOf(trial: Trial): TuneSettings {
    return withValues(this.config.base, trial.values);
  }

  /** Runs the trials that are left. @throws ABORTED · LOCKED when another process runs the study · IO */
  async run(options: StudyRunOptions = {}): Promise<void> {
    await locked(this.path, async () => {
      await this.#removeRuns();
      for (let number = this.#ended; number < this.config.trials; number++) {
        const trial = this.trials[number] ?? (await this.#start(number));
        options.onStart?.(trial);
        await this.#finish(trial, options);
        options.onEnd?.(trial);
      }
    });
  }

  get #ended(): number {
    return this.trials.filter(({ outcome }) => outcome !== undefined).length;
  }

  async #start(number: number): Promise<Trial> {
    const { space, seed } = this.config;
    const values = proposeValues(space, this.trials, { seed, number });
    const trial = newTrial(number, values);
    await this.#record(trial, { event: 'start', trial: number, values });
    this.trials.push(trial);
    return trial;
  }

  async #finish(trial: Trial, options: StudyRunOptions): Promise<void> {
    const end = await this.#train(trial, options).catch((error: unknown) => {
      if (options.signal?.aborted) throw this.#aborted(trial, error);
      const failure = asFailure(error);
      return { outcome: 'failed' as Outcome, steps: trial.steps, seconds: trial.seconds, message: failure.message };
    });
    await this.#record(trial, { event: 'end', trial: trial.number, ...end });
    await rm(this.#runPath(trial), { recursive: true, force: true });
  }

  async #train(trial: Trial, { signal, onStep }: StudyRunOptions) {
    signal?.throwIfAborted();
    const { dataset, split } = this.#data;
    const settings = this.settingsOf(trial);
    const ending = (outcome: Outcome, steps: number) => ({ outcome, steps, seconds: trial.seconds });
    // It may have been interrupted between its last validation and the note of its end.
    if (this.#isStopped(trial)) return ending('stopped', trial.steps);
    const run = await this.#openRun(trial);
    const model = createModel(dataset, settings.model, settings.trainer);
    try {
      const data = { dataset, graph: split.train, validation: split.validation };
      const trainer = new Trainer(model, data, { ...settings.trainer, run });
      for await (const report of trainer.run({ signal })) {
        onStep?.(trial, report);
        await this.#note(trial, trainer.history);
        if (this.#isStopped(trial)) return ending('stopped', trial.steps);
      }
      // A run that had come to its end before it was interrupted gives no further step.
      await this.#note(trial, trainer.history);
      return ending('complete', trainer.history.length);
    } finally {
      model.dispose();
    }
  }

  /** Takes note of the validations that are new. */
  async #note(trial: Trial, history: StepReport[]): Promise<void> {
    const known = trial.validations.at(-1)?.step ?? 0;
    let seconds = 0;
    for (const { step, validation, seconds: own } of history) {
      seconds += own + (validation?.seconds ?? 0);
      if (validation === undefined || step <= known) continue;
      const { recallAt20, ndcgAt20 } = validation;
      await this.#record(trial, { event: 'validation', trial: trial.number, step, recallAt20, ndcgAt20, seconds });
    }
  }

  /** Whether others were better at one of the trial's validations before its last step. */
  #isStopped({ number, validations }: Trial): boolean {
    const { metric, base } = this.config;
    const earlier = this.trials.slice(0, number).map((other) => bestSoFar(other.validations, metric));
    const own = bestSoFar(
      validations.filter(({ step }) => step < (base.trainer.steps as number)),
      metric,
    );
    return own.some((_, i) => !goesOn(earlier, own.slice(0, i + 1), this.config));
  }

  async #record(trial: Trial, event: TrialEvent): Promise<void> {
    await this.#log.append(event);
    applyEvent(trial, event, this.config.metric);
  }

  #runPath({ number }: Pick<Trial, 'number'>): string {
    return join(this.path, `trial-${String(number).padStart(4, '0')}`);
  }

  async #openRun(trial: Trial): Promise<RunDirectory> {
    const path = this.#runPath(trial);
    const { dataset, splitName } = this.#data;
    const { model, trainer } = this.settingsOf(trial);
    return RunDirectory.open(path).catch((error) => {
      if (!(error instanceof PinSageError) || error.code !== 'FILE_NOT_FOUND') throw error;
      return RunDirectory.create(path, {
        dataset: dataset.directory,
        split: splitName,
        model: { ...model },
        trainer: { ...trainer },
      });
    });
  }

  /** Leaves only the run of the trial that was interrupted. */
  async #removeRuns(): Promise<void> {
    const interrupted = this.trials.find(({ outcome }) => outcome === undefined);
    const kept = interrupted && this.#runPath(interrupted);
    for (const name of await readdir(this.path)) {
      const path = join(this.path, name);
      if (/^trial-\d+$/.test(name) && path !== kept) await rm(path, { recursive: true, force: true });
    }
  }

  #aborted({ number }: Trial, cause: unknown): PinSageError {
    return new PinSageError('ABORTED', `The study was stopped in trial ${number}.`, { cause });
  }
}

function configure(path: string, { dataset, split, splitName }: StudyData, options: StudyOptions): StudyConfig {
  const { space = defaultSpace, trials = 30, metric = 'recall@20', reduction = 3, grace = 1, seed = 0 } = options;
  const steps = options.steps ?? options.base?.trainer?.steps ?? STEPS;
  checkTrials(trials);
  checkInteger('steps', steps, 1, 2 ** 31);
  checkChoice('metric', metric, ['recall@20', 'ndcg@20']);
  checkInteger('reduction', reduction, 1, 1000);
  checkInteger('grace', grace, 1, 1_000_000);
  checkInteger('seed', seed, 0, Number.MAX_SAFE_INTEGER);
  if (split.validation.pins.length === 0) {
    throw invalidArgument('split', splitName, 'a split with edges to validate on: trials are compared by them');
  }
  const { model, trainer } = options.base ?? {};
  const base: TuneSettings = {
    model: { seed, ...model },
    trainer: { seed, stepsPerEpoch: Math.ceil(steps / EPOCHS), ...trainer, steps },
  };
  checkSettings(base, checkSpace(space));
  return {
    dataset: relative(path, dataset.directory),
    fingerprint: fingerprint(dataset, split),
    split: splitName,
    space,
    base,
    metric,
    trials,
    reduction,
    grace,
    seed,
  };
}

/** Of the edges and features: what other files say does not change a training. */
function fingerprint(dataset: Dataset, split: Split): string {
  const sums = [dataset.manifest, split.manifest].map(({ files }) =>
    Object.entries(files)
      .filter(([name]) => name.endsWith('.safetensors'))
      .map(([, { sha256 }]) => sha256),
  );
  return createHash('sha256').update(sums.flat().sort().join()).digest('hex');
}

function checkTrials(trials: number): number {
  return checkInteger('trials', trials, 1, 1_000_000);
}

/** A study's trials can only be compared when all are of one kind. */
function checkSame(saved: StudyConfig, { dataset, split, splitName }: StudyData, options: StudyOptions): void {
  const given: Record<string, [now: unknown, old: unknown]> = {
    dataset: [fingerprint(dataset, split), saved.fingerprint],
    split: [splitName, saved.split],
    space: [options.space, saved.space],
    steps: [options.steps, saved.base.trainer.steps],
    metric: [options.metric, saved.metric],
    reduction: [options.reduction, saved.reduction],
    grace: [options.grace, saved.grace],
    seed: [options.seed, saved.seed],
  };
  for (const [name, [now, old]] of Object.entries(given)) {
    const [a, b] = [JSON.stringify(now), JSON.stringify(old)];
    if (now !== undefined && a !== b) throw invalidArgument(name, a, `${b}, as in the study; or another study`);
  }
}

function newTrial(number: number, values: Trial['values']): Trial {
  return { number, values, validations: [], value: null, steps: 0, seconds: 0 };
}

/** Trials of the events. */
function collect(events: TrialEvent[], metric: StudyMetric): Trial[] {
  const trials: Trial[] = [];
  for (const event of events) {
    const trial = trials[event.trial];
    if (event.event === 'start' && event.trial === trials.length) trials.push(newTrial(event.trial, event.values));
    else if (event.event !== 'start' && trial !== undefined) applyEvent(trial, event, metric);
    else throw new PinSageError('FILE_CORRUPT', `trials.jsonl does not begin trial ${event.trial} in its place.`);
  }
  return trials;
}

/** What says something of a trial's settings, rather than of the machine. */
function asFailure(error: unknown): PinSageError {
  const codes = ['NOT_FINITE', 'INVALID_ARGUMENT', 'OUT_OF_MEMORY'];
  if (error instanceof PinSageError && codes.includes(error.code)) return error;
  throw error;
}

async function locked<T>(path: string, work: () => Promise<T>): Promise<T> {
  const lock = join(path, 'lock');
  await acquireLock(lock);
  try {
    return await work();
  } finally {
    await releaseLock(lock);
  }
}
