/**
 * A step that meets each of the numbers below `count` once, in an order in which those that follow one another are far apart: near the
 * golden section of the count, and without a common divisor. `k · step modulo count`, for k from 0, is that order.
 */
export function stepThrough(count: number): number {
  let step = Math.max(1, Math.floor(count * ((Math.sqrt(5) - 1) / 2)));
  while (divisor(step, count) !== 1) step++;
  return step;
}

function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b);
}
