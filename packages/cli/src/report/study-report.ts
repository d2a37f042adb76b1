import { type Parameter, type Study, type Trial, trialsByMerit } from '@pinsage/trainer';
import { count, duration } from '../format.js';
import { shortName, showValue, summary } from '../work/trials.js';
import type { Fact } from './report.js';

/** Everything that a study's page shows, as plain data. */
export interface StudyReport {
  title: string;
  lead: string;
  facts: Fact[];
  metric: string;
  /** The highest value up to each ended trial. */
  bestSoFar: [trial: number, value: number][];
  curves: TrialCurve[];
  scatters: Scatter[];
  /** Trials, best first. */
  table: { head: string[]; rows: { cells: string[]; best: boolean }[] };
  settings: unknown;
}

/** The metric at each validation of a trial. */
export interface TrialCurve {
  name: string;
  points: [step: number, value: number][];
  stopped: boolean;
  best: boolean;
}

/** The metric of each trial against a setting. */
export interface Scatter {
  name: string;
  /** Choices stand side by side; numbers have a scale. */
  axis: { labels: string[] } | { low: number; high: number; log: boolean; whole: boolean };
  points: { x: number; value: number; name: string; stopped: boolean; best: boolean }[];
}

export function studyReport(study: Study, dataset: string): StudyReport {
  const { config, trials, best } = study;
  const measured = trials.filter(({ value }) => value !== null);
  const seconds = trials.reduce((sum, trial) => sum + trial.seconds, 0);
  const name = config.metric === 'recall@20' ? 'Recall@20' : 'NDCG@20';
  return {
    title: `Tuning on ${dataset}`,
    lead: `${count(trials.length)} trials over ${Object.keys(config.space).length} settings, ${summary(trials)}. Compared by ${name} of home feeds on the validation edges of the split ‘${config.split}’.`,
    facts: [
      ...(best ? [{ value: (best.value as number).toFixed(3), label: `best ${name}` }] : []),
      { value: count(trials.length), label: 'trials' },
      { value: count(trials.reduce((sum, { steps }) => sum + steps, 0)), label: 'steps' },
      { value: duration(seconds * 1000), label: 'of training' },
    ],
    metric: name,
    bestSoFar: bestSoFar(trials),
    curves: measured.map((trial) => ({
      ...mark(trial, best),
      points: trial.validations.map(({ step, recallAt20, ndcgAt20 }) => [
        step,
        config.metric === 'recall@20' ? recallAt20 : ndcgAt20,
      ]),
    })),
    scatters: Object.entries(config.space).map(([setting, parameter]) => ({
      name: shortName(setting),
      axis: axisOf(parameter),
      points: measured.map((trial) => ({
        ...mark(trial, best),
        x: placeOf(parameter, trial.values[setting]),
        value: trial.value as number,
      })),
    })),
    table: table(study),
    settings: { ...config, best: best && study.settingsOf(best) },
  };
}

function mark(trial: Trial, best: Trial | undefined) {
  return { name: `trial ${trial.number}`, stopped: trial.outcome === 'stopped', best: trial === best };
}

/** Only complete trials count: a stopped one may have been ahead of itself. */
function bestSoFar(trials: Trial[]): StudyReport['bestSoFar'] {
  let best = Number.NEGATIVE_INFINITY;
  return trials.flatMap(({ number, outcome, value }): [number, number][] => {
    if (outcome === 'complete' && value !== null) best = Math.max(best, value);
    return best === Number.NEGATIVE_INFINITY ? [] : [[number + 1, best]];
  });
}

function axisOf(parameter: Parameter): Scatter['axis'] {
  if (parameter.type === 'choice') return { labels: parameter.values.map(String) };
  const { type, low, high, log = false } = parameter;
  return { low, high, log, whole: type === 'integer' };
}

/** A choice's position among the choices, or the number itself. */
function placeOf(parameter: Parameter, value: Trial['values'][string]): number {
  return parameter.type === 'choice' ? parameter.values.indexOf(value) : (value as number);
}

function table({ config, trials, best }: Study): StudyReport['table'] {
  const names = Object.keys(config.space);
  return {
    head: ['Trial', config.metric, 'Steps', 'Outcome', ...names.map(shortName)],
    rows: trialsByMerit(trials).map((trial) => ({
      best: trial === best,
      cells: [
        String(trial.number),
        trial.value === null ? '–' : trial.value.toFixed(4),
        count(trial.steps),
        trial.outcome as string,
        ...names.map((name) => showValue(trial.values[name])),
      ],
    })),
  };
}
