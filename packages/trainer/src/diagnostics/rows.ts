/** [rows, width] Copies of some vectors, each scaled to length 1; zeros stay. */
export function unitRows(vectors: Float32Array, width: number, rows: ArrayLike<number>): Float32Array {
  const units = new Float32Array(rows.length * width);
  for (let i = 0; i < rows.length; i++) {
    const row = vectors.subarray(rows[i] * width, (rows[i] + 1) * width);
    let squares = 0;
    for (const value of row) squares += value * value;
    const length = Math.sqrt(squares) || 1;
    for (let d = 0; d < width; d++) units[i * width + d] = row[d] / length;
  }
  return units;
}

/** The squared distance of two rows. */
export function squaredDistance(a: Float32Array, i: number, b: Float32Array, j: number, width: number): number {
  let sum = 0;
  for (let d = 0; d < width; d++) {
    const difference = a[i * width + d] - b[j * width + d];
    sum += difference * difference;
  }
  return sum;
}
