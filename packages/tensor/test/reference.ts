// The fused operations once more, in plain float64 loops over nested arrays, written from the equations.

export type Matrix = number[][];

export const zeros = (rows: number, columns: number): Matrix =>
  Array.from({ length: rows }, () => Array(columns).fill(0));

export function linear(x: Matrix, w: Matrix, bias: number[] | undefined, relu: boolean): Matrix {
  return x.map((row) =>
    w[0].map((_, j) => {
      const z = row.reduce((sum, value, i) => sum + value * w[i][j], bias?.[j] ?? 0);
      return relu ? Math.max(0, z) : z;
    }),
  );
}

export function importancePool(h: Matrix, neighbors: number[][], weights: Matrix): Matrix {
  return neighbors.map((slots, u) => {
    const total = weights[u].reduce((sum, weight) => sum + weight, 0);
    return h[0].map((_, j) =>
      total === 0 ? 0 : slots.reduce((sum, v, t) => sum + (weights[u][t] / total) * h[v][j], 0),
    );
  });
}

export function maxPool(h: Matrix, neighbors: number[][], weights: Matrix): Matrix {
  return neighbors.map((slots, u) => {
    const real = slots.filter((_, t) => weights[u][t] > 0);
    return h[0].map((_, j) => (real.length === 0 ? 0 : Math.max(...real.map((v) => h[v][j]))));
  });
}

export function l2Normalize(x: Matrix): Matrix {
  return x.map((row) => {
    const length = Math.hypot(...row);
    return row.map((value) => (length < 1e-12 ? 0 : value / length));
  });
}

export function gatherRows(x: Matrix, rows: number[]): Matrix {
  return rows.map((row) => [...x[row]]);
}

export function embeddingBag(table: Matrix, offsets: number[], rows: number[], weights: number[]): Matrix {
  const y = zeros(offsets.length - 1, table[0].length);
  for (let bag = 0; bag < y.length; ++bag) {
    for (let k = offsets[bag]; k < offsets[bag + 1]; ++k) {
      for (let j = 0; j < table[0].length; ++j) y[bag][j] += weights[k] * table[rows[k]][j];
    }
  }
  return y;
}

export function softmaxCrossEntropy(logits: Matrix, labels: number[], masked: number[][]): number {
  const losses = logits.map((row, i) => {
    const kept = row.filter((_, j) => j === labels[i] || !masked.some(([r, c]) => r === i && c === j));
    return Math.log(kept.reduce((sum, score) => sum + Math.exp(score), 0)) - row[labels[i]];
  });
  return losses.reduce((sum, loss) => sum + loss, 0) / logits.length;
}

export function hingeLoss(scores: Matrix, positive: number[], margin: number, masked: number[][]): number {
  let sum = 0;
  let count = 0;
  for (let i = 0; i < scores.length; ++i) {
    for (let j = 0; j < scores[0].length; ++j) {
      if (masked.some(([r, c]) => r === i && c === j)) continue;
      sum += Math.max(0, scores[i][j] - positive[i] + margin);
      count += 1;
    }
  }
  return count === 0 ? 0 : sum / count;
}

/** Σ_ij y_ij c_ij: makes a scalar of a matrix, whose gradient is c. */
export function dot(y: Matrix, c: Matrix): number {
  return y.reduce((sum, row, i) => sum + row.reduce((part, value, j) => part + value * c[i][j], 0), 0);
}

/** The gradient of f at x by central differences. */
export function numericGradient(f: (x: Matrix) => number, x: Matrix, step = 1e-5): Matrix {
  return x.map((row, i) =>
    row.map((_, j) => {
      const at = (change: number) =>
        f(x.map((r, a) => r.map((value, b) => (a === i && b === j ? value + change : value))));
      return (at(step) - at(-step)) / (2 * step);
    }),
  );
}

/** Repeatable numbers in [-1, 1). */
export function randomMatrix(rows: number, columns: number, seed: number): Matrix {
  let state = seed >>> 0;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.fround(state / 2 ** 31 - 1);
  };
  for (let i = 0; i < 4; ++i) next();
  return Array.from({ length: rows }, () => Array.from({ length: columns }, next));
}

export function randomIntegers(count: number, below: number, seed: number): number[] {
  return randomMatrix(1, count, seed)[0].map((value) => Math.floor(((value + 1) / 2) * below));
}
