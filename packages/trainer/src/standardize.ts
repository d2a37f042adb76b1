/** Each row of `width` scores becomes its z-scores: mean 0 and deviation 1, or all 0 where there is none. */
export function standardize(scores: Float32Array, width: number): void {
  for (let start = 0; start < scores.length; start += width) {
    const row = scores.subarray(start, start + width);
    let sum = 0;
    let squares = 0;
    for (const score of row) {
      sum += score;
      squares += score * score;
    }
    const mean = sum / width;
    const variance = squares / width - mean * mean;
    const scale = variance > 0 ? 1 / Math.sqrt(variance) : 0;
    for (let i = 0; i < width; i++) row[i] = (row[i] - mean) * scale;
  }
}
