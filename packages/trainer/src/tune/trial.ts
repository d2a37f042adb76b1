import type { ParameterValue } from './space.js';

export type StudyMetric = 'recall@20' | 'ndcg@20';

export interface TrialValidation {
  step: number;
  recallAt20: number;
  ndcgAt20: number;
  /** Of the trial so far. */
  seconds: number;
}

/**
 * Complete: it ran to its end. Stopped: others were better at a validation. Failed: it could not be trained, such as when the loss
 * was no number any more.
 */
export type Outcome = 'complete' | 'stopped' | 'failed';

/** One training of a study. */
export interface Trial {
  /** From 0. */
  number: number;
  values: Record<string, ParameterValue>;
  validations: TrialValidation[];
  /** Absent while it runs, and when it was interrupted. */
  outcome?: Outcome;
  /** The best value of the study's metric; null before the first validation. */
  value: number | null;
  /** Steps that were trained. */
  steps: number;
  seconds: number;
  /** Why it failed. */
  message?: string;
}

/** A line of trials.jsonl. */
export type TrialEvent =
  | { event: 'start'; trial: number; values: Trial['values'] }
  | ({ event: 'validation'; trial: number } & TrialValidation)
  | { event: 'end'; trial: number; outcome: Outcome; steps: number; seconds: number; message?: string };

/** The trial with what an event says of it. */
export function applyEvent(trial: Trial, event: TrialEvent, metric: StudyMetric): void {
  if (event.event === 'validation') {
    const { step, recallAt20, ndcgAt20, seconds } = event;
    trial.validations.push({ step, recallAt20, ndcgAt20, seconds });
    const value = bestSoFar(trial.validations, metric).at(-1) as number;
    Object.assign(trial, { value, steps: step, seconds });
  } else if (event.event === 'end') {
    const { outcome, steps, seconds, message } = event;
    Object.assign(trial, { outcome, steps, seconds, message });
  }
}

/** The best metric after each validation. */
export function bestSoFar(validations: TrialValidation[], metric: StudyMetric): number[] {
  let best = Number.NEGATIVE_INFINITY;
  return validations.map(({ recallAt20, ndcgAt20 }) => {
    best = Math.max(best, metric === 'recall@20' ? recallAt20 : ndcgAt20);
    return best;
  });
}

/** Ended trials, best first: complete ones by their value, stopped ones by how far they came, then by value, failed ones last. */
export function trialsByMerit(trials: Trial[]): Trial[] {
  const order: Record<Outcome, number> = { complete: 0, stopped: 1, failed: 2 };
  const rank = ({ outcome }: Trial) => order[outcome as Outcome];
  const reached = (trial: Trial) => (trial.outcome === 'stopped' ? trial.validations.length : 0);
  return trials
    .filter(({ outcome }) => outcome !== undefined)
    .sort(
      (a, b) => rank(a) - rank(b) || reached(b) - reached(a) || (b.value ?? 0) - (a.value ?? 0) || a.number - b.number,
    );
}
