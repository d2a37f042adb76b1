/** How many hard negatives a pair gets: a fixed number, or one more in every epoch. */
export type HardNegatives = number | 'curriculum';

/** PinSage's curriculum (§3.3): none in the first epoch, n − 1 in epoch n (from 1). */
export function hardNegativesOf(epoch: number, hard: HardNegatives): number {
  return hard === 'curriculum' ? epoch - 1 : hard;
}
