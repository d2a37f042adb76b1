// Neighbourhoods over several types of boards, each type's in a graph that has no other boards.

import type { NeighborhoodOptions } from '../../lib/neighborhoods.js';
import type { Neighbor, ReferenceGraph } from './graph.js';
import { referenceNeighborhood } from './neighborhoods.js';
import type { Start } from './walks.js';

export function referenceTypedNeighborhood(
  graph: ReferenceGraph,
  types: Uint8Array,
  start: Start,
  options: NeighborhoodOptions & { quotas: number[] },
): { id: number; weight: number }[] {
  const lists = options.quotas.map((quota, type) => {
    const isOfType = ({ id }: Neighbor) => types[id] === type;
    const part = {
      weighted: graph.weighted,
      boardsOf: graph.boardsOf.map((boards) => boards.filter(isOfType)),
      pinsOf: graph.pinsOf.map((pins, board) => (types[board] === type ? pins : [])),
    };
    return referenceNeighborhood(
      part,
      { ...start, boards: start.boards.filter(isOfType) },
      { ...options, neighbors: quota },
    );
  });
  const total = options.quotas.reduce((sum, quota, type) => sum + (lists[type].length > 0 ? quota : 0), 0);
  const weights = new Map<number, number>();
  for (const [type, list] of lists.entries()) {
    const share = Math.fround(options.quotas[type] / total);
    for (const { id, weight } of list) {
      weights.set(id, Math.fround((weights.get(id) ?? 0) + Math.fround(weight * share)));
    }
  }
  return Array.from(weights, ([id, weight]) => ({ id, weight }));
}
