import { basename, join } from 'node:path';
import { Dataset, Split } from '@pinsage/graph';
import { invalidArgument, PinSageError, writeFileAtomic } from '@pinsage/native';
import { checkSpace, type Space, Study, type StudyData, type StudyOptions, type Trial } from '@pinsage/trainer';
import type { Context } from '../context.js';
import type { TuneFlags } from '../flags.js';
import { studyReport } from '../report/study-report.js';
import { renderTunePage } from '../report/tune-page.js';
import { openSplit } from './open-split.js';
import { readJsonObject, readSettings } from './settings.js';
import { describeTrials } from './trials.js';

/** `pinsage tune <dataset>` */
export async function startStudy(path: string | undefined, flags: TuneFlags, context: Context): Promise<void> {
  if (path === undefined) {
    throw invalidArgument('dataset', undefined, 'the directory of a dataset, or --resume <study>');
  }
  const space = await readSpace(flags.space);
  const base = await readSettings({ config: flags.config, set: flags.set });
  const out = flags.out ?? join('studies', basename(path));
  const splitName = flags.split ?? 'default';
  await using dataset = await Dataset.open(path);
  const split = (await openSplit(dataset, splitName, {}, context)) as Split;
  try {
    const data = { dataset, split, splitName };
    const study = await Study.create(out, data, { ...optionsOf(flags), space, base });
    await finishStudy(study, out, path, context);
  } finally {
    await split.close();
  }
}

/** `pinsage tune --resume <study>` */
export async function resumeStudy(
  path: string,
  datasetPath: string | undefined,
  flags: TuneFlags,
  context: Context,
): Promise<void> {
  const given = (['out', 'config', 'set'] as const).find((name) => flags[name] !== undefined);
  if (given !== undefined) {
    throw invalidArgument(`--${given}`, flags[given], 'nothing beside --resume: a study keeps what it began with');
  }
  const space = await readSpace(flags.space);
  const saved = await Study.read(path);
  const source = datasetPath ?? saved.datasetPath;
  await using dataset = await Dataset.open(source);
  const splitName = flags.split ?? saved.split;
  const split = await Split.open(dataset, splitName);
  try {
    const data: StudyData = { dataset, split, splitName };
    await finishStudy(await Study.open(path, data, { ...optionsOf(flags), space }), path, source, context);
  } finally {
    await split.close();
  }
}

function optionsOf({ trials, steps, metric, reduction, grace, seed }: TuneFlags): StudyOptions {
  return { trials, steps, metric, reduction, grace, seed };
}

async function readSpace(path: string | undefined): Promise<Space | undefined> {
  return path === undefined ? undefined : checkSpace(await readJsonObject(path, 'parameters'));
}

/** Runs the trials that are left and shows what came of all. What is interrupted says how to go on. */
async function finishStudy(study: Study, path: string, dataset: string, context: Context): Promise<void> {
  const { terminal, signal } = context;
  const started = performance.now();
  try {
    await runTrials(study, context);
  } catch (error) {
    if (!signal.aborted) throw error;
    const { message } = error as Error;
    throw new PinSageError('ABORTED', `${message} Go on with: pinsage tune --resume ${path}`, { cause: error });
  }
  const report = join(path, 'tune.html');
  await writeFileAtomic(report, renderTunePage(studyReport(study, basename(dataset))));
  terminal.say(describeTrials(study));
  const config = await writeBest(study, path);
  const run = join('runs', `${basename(dataset)}-tuned`);
  terminal.say(`\nReport: ${report}`);
  if (config !== null)
    terminal.say(`Next: pinsage train ${dataset} --split ${study.config.split} --config ${config} --out ${run}`);
  const seconds = (performance.now() - started) / 1000;
  terminal.result({ study: path, best: study.best ?? null, config, report, trials: study.trials, seconds });
}

/** Progress is in steps as if no trial were stopped: the time left is at most what it says. */
async function runTrials(study: Study, { terminal, signal }: Context): Promise<void> {
  const progress = terminal.progress('Tuning', 'steps');
  const { trials, base, metric } = study.config;
  const length = base.trainer.steps as number;
  const update = (trial: Trial, step: number, what: string) => {
    const best = study.best?.value;
    const reached = typeof best === 'number' ? `, best ${metric} ${best.toFixed(3)}` : '';
    progress.update(trial.number * length + step, trials * length, `trial ${trial.number} ${what}${reached}`);
  };
  await study
    .run({
      signal,
      onStart: (trial) => update(trial, 0, 'begins'),
      onStep: (trial, { step, loss }) => update(trial, step, `loss ${loss.toFixed(3)}`),
      onEnd: (trial) => update(trial, length, trial.outcome as string),
    })
    .finally(() => progress.stop());
}

/** best.json, or null when no trial came to its end. */
async function writeBest(study: Study, path: string): Promise<string | null> {
  const { best } = study;
  if (best === undefined) return null;
  const config = join(path, 'best.json');
  await writeFileAtomic(config, `${JSON.stringify(study.settingsOf(best), null, 2)}\n`);
  return config;
}
