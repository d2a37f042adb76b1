const STEPS = 64; // of a bisection: as many bits as a double tells apart

/**
 * The eigenvalues of a symmetric matrix, descending: Householder's reduction to three diagonals (Golub and Van Loan, Matrix
 * Computations, §8.3.1), then for each a bisection by Sturm's count (§8.4.1).
 *
 * @param matrix [n, n]; it is overwritten
 */
export function eigenvalues(matrix: Float64Array, n: number): Float64Array {
  const { diagonal, beside } = tridiagonal(matrix, n);
  const radius = (i: number) => Math.abs(beside[i - 1] ?? 0) + Math.abs(beside[i] ?? 0);
  const low = diagonal.reduce((bound, value, i) => Math.min(bound, value - radius(i)), Number.POSITIVE_INFINITY);
  const high = diagonal.reduce((bound, value, i) => Math.max(bound, value + radius(i)), Number.NEGATIVE_INFINITY);
  const values = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    let [from, to] = [low, high];
    for (let step = 0; step < STEPS; step++) {
      const middle = (from + to) / 2;
      if (countBelow(diagonal, beside, middle) > i) to = middle;
      else from = middle;
    }
    values[n - 1 - i] = (from + to) / 2;
  }
  return values;
}

/** Reflections that bring the columns to zero below the first subdiagonal, one after the other; eigenvalues stay. */
function tridiagonal(a: Float64Array, n: number): { diagonal: Float64Array; beside: Float64Array } {
  const beside = new Float64Array(Math.max(n - 1, 0));
  const [v, p] = [new Float64Array(n), new Float64Array(n)];
  for (let k = 0; k + 1 < n; k++) {
    let squares = 0;
    for (let i = k + 1; i < n; i++) {
      v[i] = a[i * n + k];
      squares += v[i] * v[i];
    }
    const length = v[k + 1] > 0 ? -Math.sqrt(squares) : Math.sqrt(squares);
    beside[k] = length;
    v[k + 1] -= length;
    squares += length * length - 2 * length * a[(k + 1) * n + k];
    if (squares > 0) reflect(a, n, k + 1, v, p, 2 / squares);
  }
  return { diagonal: Float64Array.from({ length: n }, (_, i) => a[i * n + i]), beside };
}

/** A ← H A H of the rows and columns from `first` on, where H = I − scale v vᵀ. */
function reflect(a: Float64Array, n: number, first: number, v: Float64Array, p: Float64Array, scale: number): void {
  let along = 0;
  for (let i = first; i < n; i++) {
    p[i] = 0;
    for (let j = first; j < n; j++) p[i] += a[i * n + j] * v[j];
    p[i] *= scale;
    along += p[i] * v[i];
  }
  for (let i = first; i < n; i++) p[i] -= (scale / 2) * along * v[i];
  for (let i = first; i < n; i++) {
    for (let j = first; j < n; j++) a[i * n + j] -= v[i] * p[j] + p[i] * v[j];
  }
}

/** How many eigenvalues are less than x: the signs of the pivots of T − x I. */
function countBelow(diagonal: Float64Array, beside: Float64Array, x: number): number {
  let count = 0;
  let pivot = 1;
  for (let i = 0; i < diagonal.length; i++) {
    const before = i === 0 ? 0 : beside[i - 1] ** 2 / pivot;
    pivot = diagonal[i] - x - before || Number.MIN_VALUE * 2 ** 100;
    if (pivot < 0) count += 1;
  }
  return count;
}
