import type { RandomStream } from '../random.js';

/** A density over [0, 1] that can be drawn from. */
export interface Density {
  draw(random: RandomStream): number;
  at(u: number): number;
}

/**
 * Parzen estimator of Bergstra et al. (NIPS 2011): the uniform density and a Gaussian, cut off at 0 and 1, around each point, all of
 * equal weight. A Gaussian is as wide as the farther of its point's neighbours, the ends being neighbours too, but not narrower than
 * 1 / (points + 1).
 */
export function parzen(points: number[]): Density {
  const sorted = [0, ...points.toSorted((a, b) => a - b), 1];
  const kernels = points.map((_, i) => {
    const [left, centre, right] = sorted.slice(i, i + 3);
    const deviation = Math.max(centre - left, right - centre, 1 / (points.length + 1));
    return { centre, deviation, mass: normalCdf((1 - centre) / deviation) - normalCdf(-centre / deviation) };
  });
  return {
    draw(random) {
      const kernel = kernels[random.below(kernels.length + 1)];
      if (kernel === undefined) return random.uniform();
      for (;;) {
        const u = kernel.centre + kernel.deviation * normal(random);
        if (u >= 0 && u <= 1) return u;
      }
    },
    at(u) {
      const sum = kernels.reduce((total, { centre, deviation, mass }) => {
        const z = (u - centre) / deviation;
        return total + Math.exp((-z * z) / 2) / (deviation * Math.sqrt(2 * Math.PI) * mass);
      }, 1);
      return sum / (kernels.length + 1);
    },
  };
}

/** Of `cells` equal cells, each as likely as often it has been met, and once more. */
export function histogram(points: number[], cells: number): Density {
  const cellOf = (u: number) => Math.min(Math.floor(u * cells), cells - 1);
  const counts = new Float64Array(cells).fill(1);
  for (const point of points) counts[cellOf(point)] += 1;
  const total = points.length + cells;
  return {
    draw(random) {
      let left = random.uniform() * total;
      let cell = 0;
      while (cell < cells - 1 && left >= counts[cell]) left -= counts[cell++];
      return (cell + 0.5) / cells;
    },
    at: (u) => (counts[cellOf(u)] / total) * cells,
  };
}

/** Box and Muller. */
function normal(random: RandomStream): number {
  return Math.sqrt(-2 * Math.log(1 - random.uniform())) * Math.cos(2 * Math.PI * random.uniform());
}

/** Φ(z), within 1.5e-7 (Abramowitz and Stegun, 7.1.26). */
function normalCdf(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * x);
  const series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  const tail = (series * Math.exp(-x * x)) / 2;
  return z < 0 ? tail : 1 - tail;
}
