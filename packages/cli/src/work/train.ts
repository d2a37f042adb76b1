import { rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Dataset, type Split } from '@pinsage/graph';
import { type ModelConfig, type PinSage, RunDirectory } from '@pinsage/model';
import { invalidArgument, PinSageError } from '@pinsage/native';
import {
  choosePreset,
  createModel,
  type PresetName,
  presets,
  resolveConfig,
  type StepReport,
  Trainer,
  type TrainerOptions,
  type Workers,
} from '@pinsage/trainer';
import type { Context } from '../context.js';
import type { TrainFlags } from '../flags.js';
import { count, duration } from '../format.js';
import type { Settings } from '../options.js';
import { embedAll } from './embed.js';
import { openSplit } from './open-split.js';
import { type OpenRun, openRun } from './run.js';
import { merge, type RunSettings, readSettings } from './settings.js';
import { leadTeam } from './workers.js';

/** What a training came to. */
export interface TrainingResult {
  run: string;
  steps: number;
  loss: number;
  /** Of the best validation; null when there was none. */
  recallAt20: number | null;
  seconds: number;
  stoppedEarly: boolean;
  /** Processes that shared each batch. */
  workers: number;
}

/** `pinsage train <dataset>` */
export async function startRun(datasetPath: string | undefined, flags: TrainFlags, context: Context): Promise<void> {
  if (datasetPath === undefined)
    throw invalidArgument('dataset', undefined, 'the directory of a dataset, or --resume <run>');
  const isAuto = flags.preset === 'auto';
  // Before anything is made: what is wrong with the settings shows now.
  let settings = await readSettings(isAuto ? { ...flags, preset: undefined } : flags);
  const path = flags.out ?? join('runs', basename(datasetPath));
  {
    await using dataset = await Dataset.open(datasetPath);
    const { splitKind: kind, validation, test, cutoff, coldPins, memory } = flags;
    const split = await openSplit(dataset, flags.split, { kind, validation, test, cutoff, coldPins, memory }, context);
    try {
      if (isAuto) settings = await readSettings({ ...flags, preset: await autoPreset(dataset, split, context) });
    } finally {
      await split?.close();
    }
    await RunDirectory.create(path, { dataset: datasetPath, split: split && flags.split, ...plain(settings) });
  }
  try {
    await finishRun(path, {}, flags, context);
  } catch (error) {
    if (!context.signal.aborted && !(await hasSteps(path))) await rm(path, { recursive: true });
    throw error;
  }
}

/** The preset for this dataset, said with its reasons. */
async function autoPreset(dataset: Dataset, split: Split | null, { terminal }: Context): Promise<PresetName> {
  const { preset, reasons } = choosePreset(dataset, split?.train ?? (await dataset.graph()));
  terminal.say(`Preset '${preset}', because ${reasons.join('; ')}.`);
  return preset;
}

/** Whether the run got as far as a step: one that could not begin leaves nothing worth resuming. */
async function hasSteps(path: string): Promise<boolean> {
  const { metricsPath } = await RunDirectory.open(path);
  return stat(metricsPath).then(
    ({ size }) => size > 0,
    () => false,
  );
}

/** `pinsage train --resume <run>` */
export async function resumeRun(path: string, flags: TrainFlags, context: Context): Promise<void> {
  const { model, trainer } = await readSettings(flags);
  if (Object.keys(model).length > 0) {
    throw invalidArgument(
      '--resume',
      path,
      'no settings of the model beside it: they are the ones that the run began with',
    );
  }
  await finishRun(path, trainer, flags, context);
}

/** Settings as config.json keeps them: the model's whole shape, so that another version's presets do not change it. */
function plain({ model, trainer }: RunSettings): { model: Settings; trainer: Settings } {
  const { preset } = resolveConfig(trainer);
  return { model: { ...presets[preset].model, ...model }, trainer: { ...trainer } };
}

/** Trains and embeds. What is interrupted says how to go on. */
async function finishRun(path: string, changes: TrainerOptions, flags: TrainFlags, context: Context): Promise<void> {
  const { terminal, signal } = context;
  try {
    await using run = await openRun(path);
    const { model, result } = await trainTogether(run, changes, flags, context);
    try {
      if (flags.embed) await embedAll(run, model, context, flags.memory);
    } finally {
      model.dispose();
    }
    terminal.say(`\nNext: pinsage evaluate ${path}`);
    terminal.result(result);
  } catch (error) {
    if (!signal.aborted) throw error;
    const { message } = error as Error;
    throw new PinSageError('ABORTED', `${message} Go on with: pinsage train --resume ${path}`, { cause: error });
  }
}

interface Trained {
  model: PinSage;
  result: TrainingResult;
}

/** As train(), with the workers that were asked for. */
async function trainTogether(
  run: OpenRun,
  changes: TrainerOptions,
  flags: TrainFlags,
  context: Context,
): Promise<Trained> {
  const size = flags.workers ?? 1;
  if (flags.listen !== undefined && size < 2) throw invalidArgument('--workers', size, 'at least 2 with --listen');
  if (size === 1) return train(run, changes, context);
  await using team = await leadTeam(run, optionsOf(run, changes), flags, context);
  return await train(run, changes, context, team.workers);
}

function optionsOf({ directory }: OpenRun, changes: TrainerOptions): TrainerOptions {
  return merge(directory.config.trainer, { ...changes }) as TrainerOptions;
}

/** Trains a run from its last checkpoint on, or from the beginning. The caller disposes the model. */
export async function train(
  run: OpenRun,
  changes: TrainerOptions,
  { terminal, signal }: Context,
  workers?: Workers,
): Promise<Trained> {
  const { dataset, directory, split } = run;
  const options = optionsOf(run, changes);
  const modelSettings = directory.config.model;
  const model = createModel(dataset, modelSettings as Partial<ModelConfig>, options);
  const progress = terminal.progress('Training', 'steps');
  const started = performance.now();
  try {
    const trainer = new Trainer(
      model,
      { dataset, graph: run.trainGraph, validation: split?.validation },
      { ...options, run: directory, workers },
    );
    for await (const { step, steps, loss } of trainer.run({ signal })) {
      const recall = bestRecall(trainer.history);
      const watched = recall === null ? '' : `, Recall@20 ${recall.toFixed(3)}`;
      progress.update(step, steps, `loss ${loss.toFixed(3)}${watched}`);
    }
    progress.stop();
    const result = summarise(run.path, trainer, workers?.size ?? 1, performance.now() - started);
    terminal.say(describeResult(result));
    return { model, result };
  } catch (error) {
    model.dispose();
    throw error;
  } finally {
    progress.stop();
  }
}

function summarise(run: string, { history, steps }: Trainer, workers: number, milliseconds: number): TrainingResult {
  const last = history.slice(-50);
  return {
    run,
    steps: history.length,
    loss: last.reduce((sum, report) => sum + report.loss, 0) / last.length,
    recallAt20: bestRecall(history),
    seconds: milliseconds / 1000,
    stoppedEarly: history.length < steps,
    workers,
  };
}

function describeResult({ steps, loss, recallAt20, seconds, stoppedEarly }: TrainingResult): string {
  const early = stoppedEarly ? ', where validation got no better' : '';
  const recall = recallAt20 === null ? '' : `, Recall@20 on validation ${recallAt20.toFixed(3)}`;
  return `Trained ${count(steps)} steps${early}, in ${duration(seconds * 1000)}: loss ${loss.toFixed(3)}${recall}`;
}

function bestRecall(history: StepReport[]): number | null {
  const found = history.flatMap(({ validation }) => validation?.recallAt20 ?? []);
  return found.length === 0 ? null : Math.max(...found);
}
