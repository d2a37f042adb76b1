import { RandomStream } from '../random.js';
import { type Density, histogram, parzen } from './parzen.js';
import type { Parameter } from './space.js';

const GOOD = 0.25; // share of the trials that count as good
const CANDIDATES = 24;

/**
 * The next point by tree-structured Parzen estimators (Bergstra et al., NIPS 2011): for each parameter, of numbers drawn from the
 * density l of the good trials, the one where l is largest beside the density g of the others, which has the largest expected
 * improvement. A function of its arguments.
 *
 * @param points [trials][parameters] in [0, 1], the best trial first
 * @param number of the trial
 */
export function tpePoint(
  parameters: Parameter[],
  points: ArrayLike<number>[],
  { seed, number }: { seed: number; number: number },
): Float64Array {
  const random = new RandomStream(seed, 'tpe', number);
  const good = Math.ceil(GOOD * points.length);
  return Float64Array.from(parameters, (parameter, place) => {
    const own = points.map((point) => point[place]);
    return promising(density(parameter, own.slice(0, good)), density(parameter, own.slice(good)), random);
  });
}

function promising(good: Density, others: Density, random: RandomStream): number {
  let best = { u: 0, ratio: Number.NEGATIVE_INFINITY };
  for (let i = 0; i < CANDIDATES; i++) {
    const u = good.draw(random);
    const ratio = good.at(u) / others.at(u);
    if (ratio > best.ratio) best = { u, ratio };
  }
  return best.u;
}

function density(parameter: Parameter, points: number[]): Density {
  return parameter.type === 'choice' ? histogram(points, parameter.values.length) : parzen(points);
}
