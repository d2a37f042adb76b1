import { coverage } from '../metrics/index.js';
import { gini } from './gini.js';

const PADDING = 0xffffffff;

/** Whether the same few, or the popular, pins are recommended to everybody. */
export interface PopularityBias {
  /** The share of the catalogue that is in somebody's list. */
  coverage: number;
  /** Gini coefficient of how often each pin of the catalogue is recommended. Lists of fewer queries give more. */
  gini: number;
  /** Mean of ln(1 + degree) of what is recommended. */
  logDegree: number;
}

/**
 * @param lists recommended pins, all lists after one another; 0xffffffff is padding
 * @param degrees [pins] edges that methods know
 */
export function popularityBias(lists: Uint32Array, degrees: Uint32Array): PopularityBias {
  const given = lists.filter((pin) => pin !== PADDING);
  const counts = new Uint32Array(degrees.length);
  for (const pin of given) counts[pin] += 1;
  return { coverage: coverage(lists, degrees.length), gini: gini(counts), logDegree: meanLogDegree(given, degrees) };
}

/** Mean of ln(1 + degree); 0 of no pins. */
export function meanLogDegree(pins: Uint32Array, degrees: Uint32Array): number {
  let sum = 0;
  for (const pin of pins) sum += Math.log1p(degrees[pin]);
  return sum / Math.max(pins.length, 1);
}
