/** Holm's correction (1979): p-values of several comparisons, such that calling those below α significant errs at all with probability α. */
export function holm(p: number[]): number[] {
  const order = [...p.keys()].sort((a, b) => p[a] - p[b]);
  const corrected = new Array<number>(p.length);
  let largest = 0;
  for (const [place, i] of order.entries()) {
    largest = Math.max(largest, Math.min(1, p[i] * (p.length - place)));
    corrected[i] = largest;
  }
  return corrected;
}
