import { type ParameterValue, type Study, type Trial, trialsByMerit } from '@pinsage/trainer';
import { columns, count, duration } from '../format.js';

const SHOWN = 10;

/** The best trials as a table, a column for each setting that was searched. */
export function describeTrials({ trials, config }: Study): string {
  const names = Object.keys(config.space);
  const shown = trialsByMerit(trials).slice(0, SHOWN);
  const head = ['trial', config.metric, 'steps', 'time', '', ...names.map(shortName)];
  const rows = shown.map((trial) => [
    String(trial.number),
    trial.value === null ? '-' : trial.value.toFixed(4),
    count(trial.steps),
    duration(trial.seconds * 1000),
    trial.outcome as string,
    ...names.map((name) => showValue(trial.values[name])),
  ]);
  const right = head.map((_, column) => column).filter((column) => column !== 4);
  const title = `${count(trials.length)} trials, ${summary(trials)}; the best:`;
  return `${title}\n\n${columns([head, ...rows], right)}`;
}

/** `20 complete, 9 stopped, 1 failed` */
export function summary(trials: Trial[]): string {
  const outcomes = ['complete', 'stopped', 'failed'] as const;
  const counts = outcomes.map((outcome) => [outcome, trials.filter((trial) => trial.outcome === outcome).length]);
  return counts
    .filter(([, number]) => number !== 0)
    .map(([outcome, number]) => `${number} ${outcome}`)
    .join(', ');
}

/** `trainer.negatives.shared` → `negatives.shared`: the model's and the trainer's names differ, `seed` aside. */
export function shortName(name: string): string {
  return name.replace(/^(trainer|model)\./, '');
}

/** Four digits are more than a search finds. */
export function showValue(value: ParameterValue): string {
  return typeof value === 'number' ? String(+value.toPrecision(4)) : String(value);
}
