import { RandomStream } from '../random.js';

/** A mean and its percentile bootstrap interval. */
export interface Interval {
  mean: number;
  low: number;
  high: number;
}

export interface BootstrapOptions {
  /** Resamples. Default 1000. */
  resamples?: number;
  /** The interval's probability. Default 0.95. */
  confidence?: number;
  /** Default 0. */
  seed?: number;
}

/**
 * Percentile bootstrap (Efron 1979) of the means of several metrics over the same queries. Every metric sees the same resamples,
 * so that differences between methods are not blurred by different draws.
 *
 * @param values one array a metric, all of one length: the metric's value of each query
 */
export function bootstrap(values: Float64Array[], options: BootstrapOptions = {}): Interval[] {
  const means = resampledMeans(values, options);
  return values.map((value, metric) => interval(value, means[metric], options));
}

/** A mean difference, its interval, and how surprising it would be if there were none. */
export interface Difference extends Interval {
  /** Two-sided. */
  p: number;
}

/**
 * Paired bootstrap of mean differences over the same queries. p is twice the share of the resamples whose difference is 0 or on the
 * other side of it, this sample counted among them so that p is never 0.
 *
 * @param differences one array a comparison, all of one length: the difference at each query
 */
export function bootstrapDifferences(differences: Float64Array[], options: BootstrapOptions = {}): Difference[] {
  const means = resampledMeans(differences, options);
  return differences.map((difference, i) => {
    const below = means[i].filter((mean) => mean <= 0).length;
    const above = means[i].filter((mean) => mean >= 0).length;
    const p = Math.min(1, (2 * (1 + Math.min(below, above))) / (1 + means[i].length));
    return { ...interval(difference, means[i], options), p };
  });
}

/** [metrics][resamples] */
function resampledMeans(values: Float64Array[], { resamples = 1000, seed = 0 }: BootstrapOptions): Float64Array[] {
  const n = values[0]?.length ?? 0;
  const means = values.map(() => new Float64Array(resamples));
  const random = new RandomStream(seed, 'bootstrap', 0);
  const times = new Uint32Array(n);
  for (let resample = 0; resample < resamples; resample++) {
    times.fill(0);
    for (let i = 0; i < n; i++) times[random.below(n)] += 1;
    for (const [metric, value] of values.entries()) {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += times[i] * value[i];
      means[metric][resample] = sum / n;
    }
  }
  return means;
}

function interval(values: Float64Array, means: Float64Array, { confidence = 0.95 }: BootstrapOptions): Interval {
  const sorted = means.toSorted();
  const tail = (1 - confidence) / 2;
  return {
    mean: values.reduce((a, b) => a + b, 0) / values.length,
    low: quantile(sorted, tail),
    high: quantile(sorted, 1 - tail),
  };
}

/** Linear interpolation between order statistics. */
function quantile(sorted: Float64Array, q: number): number {
  const position = q * (sorted.length - 1);
  const below = Math.floor(position);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
}
