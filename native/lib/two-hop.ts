import { checkArray } from './typed-arrays.js';

/**
 * Weights of the nodes on the way from a query's pins over their boards to other pins. Edges have none of their own here.
 */
export interface TwoHopWeights {
  /** [pins] u, of a query's pins. */
  starts: Float32Array;
  /** [boards] w */
  boards: Float32Array;
  /** [pins] v, of the pins that are scored. */
  ends: Float32Array;
}

export function checkTwoHopWeights({ starts, boards, ends }: TwoHopWeights, size: { pins: number; boards: number }) {
  return [
    checkArray('weights.starts', starts, Float32Array, size.pins),
    checkArray('weights.boards', boards, Float32Array, size.boards),
    checkArray('weights.ends', ends, Float32Array, size.pins),
  ] as const;
}
