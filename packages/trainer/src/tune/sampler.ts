import { haltonPoint } from './halton.js';
import { type ParameterValue, positionOf, type Space, valueAt } from './space.js';
import { tpePoint } from './tpe.js';
import { type Trial, trialsByMerit } from './trial.js';

/** Trials that are spread over the space before results are looked at. */
const SPREAD = 10;

/** The settings of a trial: a function of (seed, number) and, after the first ten, of the trials that have ended. */
export function proposeValues(
  space: Space,
  ended: Trial[],
  { seed, number }: { seed: number; number: number },
): Record<string, ParameterValue> {
  const names = Object.keys(space);
  const parameters = Object.values(space);
  const points = trialsByMerit(ended).map(({ values }) => names.map((name) => positionOf(space[name], values[name])));
  const point =
    points.length < SPREAD ? haltonPoint(seed, number, names.length) : tpePoint(parameters, points, { seed, number });
  return Object.fromEntries(names.map((name, i) => [name, valueAt(parameters[i], point[i])]));
}
