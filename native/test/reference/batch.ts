import type { BatchOptions } from '../../lib/batch.js';
import type { ReferenceGraph } from './graph.js';
import { referenceNeighborhood } from './neighborhoods.js';
import type { Start } from './walks.js';

/** The parts of a Batch that do not need features. */
export function referenceBatch(
  graph: ReferenceGraph,
  roots: Uint32Array,
  options: BatchOptions,
  neighborhood = (start: Start) => referenceNeighborhood(graph, start, options),
) {
  const { layers, neighbors: width = 50, newPins } = options;
  const before = options.before as bigint | undefined;
  const start = (pin: number): Start => {
    if (pin < graph.boardsOf.length) return { pin, boards: graph.boardsOf[pin], isNew: false, before };
    const [begin, end] = newPins!.offsets.subarray(pin - graph.boardsOf.length);
    const boards = Array.from(newPins!.boards.subarray(begin, end), (id) => ({ id, weight: 1, time: 0n }));
    return { pin, boards, isNew: true, before };
  };
  const pins = [...new Set(roots)];
  const rootRows = Array.from(roots, (root) => pins.indexOf(root));
  const sizes = [pins.length];
  const neighbors: number[] = [];
  const weights: number[] = [];
  for (let layer = 0, row = 0; layer < layers; layer++) {
    for (const end = pins.length; row < end; row++) {
      const kept = neighborhood(start(pins[row]));
      for (let t = 0; t < width; t++) {
        if (t < kept.length && !pins.includes(kept[t].id)) pins.push(kept[t].id);
        neighbors.push(t < kept.length ? pins.indexOf(kept[t].id) : row);
        weights.push(t < kept.length ? kept[t].weight : 0);
      }
    }
    sizes.unshift(pins.length);
  }
  return { pins, rootRows, sizes, neighbors, weights };
}
