/** x with a x = b, by Gaussian elimination with pivots. */
export function solveDense(a: number[][], b: number[]): number[] {
  const n = b.length;
  const rows = a.map((row, i) => [...row, b[i]]);
  for (let column = 0; column < n; column++) {
    let pivot = column;
    for (let row = column; row < n; row++) {
      if (Math.abs(rows[row][column]) > Math.abs(rows[pivot][column])) pivot = row;
    }
    [rows[column], rows[pivot]] = [rows[pivot], rows[column]];
    for (let below = column + 1; below < n; below++) {
      const scale = rows[below][column] / rows[column][column];
      for (let i = column; i <= n; i++) rows[below][i] -= scale * rows[column][i];
    }
  }
  const x = new Array<number>(n).fill(0);
  for (let row = n - 1; row >= 0; row--) {
    const known = x.reduce((sum, value, i) => (i > row ? sum + rows[row][i] * value : sum), 0);
    x[row] = (rows[row][n] - known) / rows[row][row];
  }
  return x;
}
