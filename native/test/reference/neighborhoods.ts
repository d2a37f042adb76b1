import type { NeighborhoodOptions } from '../../lib/neighborhoods.js';
import type { ReferenceGraph } from './graph.js';
import { referenceWalk, type Start } from './walks.js';

/** The kept pins of one seed, most visited first, with their weights. */
export function referenceNeighborhood(
  graph: ReferenceGraph,
  start: Start,
  options: NeighborhoodOptions,
): { id: number; weight: number }[] {
  const { walks = 100, neighbors = 50, exclude } = options;
  const excluded = new Set([start.pin]);
  exclude?.queries.forEach((query, i) => {
    if (query === start.pin) excluded.add(exclude.items[i]);
    if (exclude.items[i] === start.pin) excluded.add(query);
  });
  const visits = new Map<number, number>();
  for (let walk = 0; walk < walks; walk++) {
    for (const pin of referenceWalk(graph, start, walk, options)) {
      if (!excluded.has(pin)) visits.set(pin, (visits.get(pin) ?? 0) + 1);
    }
  }
  const kept = [...visits].sort(([a, m], [b, n]) => n - m || a - b).slice(0, neighbors);
  const total = kept.reduce((sum, [, count]) => sum + count, 0);
  return kept.map(([id, count]) => ({ id, weight: Math.fround(count / total) }));
}
