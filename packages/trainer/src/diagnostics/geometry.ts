import { alignment } from './alignment.js';
import { effectiveRank } from './effective-rank.js';
import { meanCosine } from './mean-cosine.js';
import { unitRows } from './rows.js';
import { uniformity } from './uniformity.js';

/** Whether the embeddings use the space they have. All of vectors scaled to length 1. */
export interface Geometry {
  /** Numbers of an embedding. */
  width: number;
  /** Pins that were looked at. */
  pins: number;
  /** Of two different pins: near 1 when the embeddings have collapsed. */
  meanCosine: number;
  /** Of the covariance, from 1 to `width`: directions that are in use. */
  effectiveRank: number;
  /** From 0 (collapsed) to about −4 (spread evenly). */
  uniformity: number;
  /** Mean squared distance of a pin and a held-out pin of one of its boards, from 0 to 4; null without such pairs. */
  alignment: number | null;
  /** Pairs that alignment is of. */
  pairs: number;
}

/**
 * @param sample rows of the pins to look at, at least 2
 * @param pairs rows of pins that belong together
 */
export function geometry(
  { vectors, width }: { vectors: Float32Array; width: number },
  sample: ArrayLike<number>,
  pairs: { left: ArrayLike<number>; right: ArrayLike<number> },
): Geometry {
  const units = unitRows(vectors, width, sample);
  const [left, right] = [unitRows(vectors, width, pairs.left), unitRows(vectors, width, pairs.right)];
  return {
    width,
    pins: sample.length,
    meanCosine: meanCosine(units, width),
    effectiveRank: effectiveRank(units, width),
    uniformity: uniformity(units, width),
    alignment: pairs.left.length > 0 ? alignment(left, right, width) : null,
    pairs: pairs.left.length,
  };
}
