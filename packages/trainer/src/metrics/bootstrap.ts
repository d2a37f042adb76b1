import { RandomStream } from '../random.js';

/** A mean and its percentile bootstrap interval. */
export interface Interval {
  mean: number;
  low: number;
  high: number;
}

export interface BootstrapOptions {
  /** Resamples. Default 500. */
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
  const { resamples = 500, confidence = 0.95, seed = 0 } = options;
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
  const tail = (1 - confidence) / 2;
  return values.map((value, metric) => {
    const sorted = means[metric].sort();
    return {
      mean: value.reduce((a, b) => a + b, 0) / n,
      low: quantile(sorted, tail),
      high: quantile(sorted, 1 - tail),
    };
  });
}

/** Linear interpolation between order statistics. */
function quantile(sorted: Float64Array, q: number): number {
  const position = q * (sorted.length - 1);
  const below = Math.floor(position);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
}
