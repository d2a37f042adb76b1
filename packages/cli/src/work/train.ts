import { access, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Dataset, Split, type SplitOptions } from '@pinsage/graph';
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
} from '@pinsage/trainer';
import type { Context } from '../context.js';
import type { TrainFlags } from '../flags.js';
import { count, duration } from '../format.js';
import type { Settings } from '../options.js';
import { embedAll } from './embed.js';
import { type OpenRun, openRun } from './run.js';
import { merge, type RunSettings, readSettings } from './settings.js';

/** What a training came to. */
export interface TrainingResult {
  run: string;
  steps: number;
  loss: number;
  /** Of the best validation; null when there was none. */
  recallAt20: number | null;
  seconds: number;
  stoppedEarly: boolean;
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
    const { splitKind: kind, validation, test, cutoff, coldPins } = flags;
    const split = await openSplit(dataset, flags.split, { kind, validation, test, cutoff, coldPins }, context);
    try {
      if (isAuto) settings = await readSettings({ ...flags, preset: await autoPreset(dataset, split, context) });
    } finally {
      await split?.close();
    }
    await RunDirectory.create(path, { dataset: datasetPath, split: split && flags.split, ...plain(settings) });
  }
  try {
    await finishRun(path, {}, flags.embed, context);
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
  await finishRun(path, trainer, flags.embed, context);
}

/** The split of this name, made if it is not there; null when all edges are for training. */
export async function openSplit(
  dataset: Dataset,
  name: string,
  options: SplitOptions,
  { terminal }: Context,
): Promise<Split | null> {
  if (options.kind === 'none' && !options.coldPins) return null;
  if (await exists(join(dataset.directory, 'splits', name))) return reopenSplit(dataset, name, options);
  const split = await Split.create(dataset, name, options);
  const { train, validation, test, coldPins } = split.manifest.counts;
  terminal.say(
    `Split '${name}': ${count(train)} edges to train on, ${count(validation)} to validate on, ${count(test)} to evaluate on` +
      `${coldPins > 0 ? `, and ${count(coldPins)} pins held out with all their edges` : ''}`,
  );
  return split;
}

/** A split stays as it was made, so that runs can be compared: other options need another name. */
async function reopenSplit(dataset: Dataset, name: string, options: SplitOptions): Promise<Split> {
  const split = await Split.open(dataset, name);
  const made: Record<string, unknown> = split.manifest.options;
  for (const [option, value] of Object.entries(options)) {
    if (value === undefined || value === made[option]) continue;
    await split.close();
    throw invalidArgument(
      option,
      value,
      `${made[option]}, as in the split '${name}' that is there; or another name with --split`,
    );
  }
  return split;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** Settings as config.json keeps them: the model's whole shape, so that another version's presets do not change it. */
function plain({ model, trainer }: RunSettings): { model: Settings; trainer: Settings } {
  const { preset } = resolveConfig(trainer);
  return { model: { ...presets[preset].model, ...model }, trainer: { ...trainer } };
}

/** Trains and embeds. What is interrupted says how to go on. */
async function finishRun(path: string, changes: TrainerOptions, embed: boolean, context: Context): Promise<void> {
  const { terminal, signal } = context;
  try {
    await using run = await openRun(path);
    const { model, result } = await train(run, changes, context);
    try {
      if (embed) await embedAll(run, model, context);
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

/** Trains a run from its last checkpoint on, or from the beginning. The caller disposes the model. */
export async function train(
  run: OpenRun,
  changes: TrainerOptions,
  { terminal, signal }: Context,
): Promise<{ model: PinSage; result: TrainingResult }> {
  const { dataset, directory, split } = run;
  const { model: modelSettings, trainer: trainerSettings } = directory.config;
  const options = merge(trainerSettings, { ...changes }) as TrainerOptions;
  const model = createModel(dataset, modelSettings as Partial<ModelConfig>, options);
  const progress = terminal.progress('Training', 'steps');
  const started = performance.now();
  try {
    const trainer = new Trainer(
      model,
      { dataset, graph: run.trainGraph, validation: split?.validation },
      { ...options, run: directory },
    );
    for await (const { step, steps, loss } of trainer.run({ signal })) {
      const recall = bestRecall(trainer.history);
      const watched = recall === null ? '' : `, Recall@20 ${recall.toFixed(3)}`;
      progress.update(step, steps, `loss ${loss.toFixed(3)}${watched}`);
    }
    progress.stop();
    const result = summarise(run.path, trainer, performance.now() - started);
    terminal.say(describeResult(result));
    return { model, result };
  } catch (error) {
    model.dispose();
    throw error;
  } finally {
    progress.stop();
  }
}

function summarise(run: string, { history, steps }: Trainer, milliseconds: number): TrainingResult {
  const last = history.slice(-50);
  return {
    run,
    steps: history.length,
    loss: last.reduce((sum, report) => sum + report.loss, 0) / last.length,
    recallAt20: bestRecall(history),
    seconds: milliseconds / 1000,
    stoppedEarly: history.length < steps,
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
