import type { RecommendOptions, RecommendQuery } from '../../lib/recommend.js';
import type { ReferenceGraph } from './graph.js';
import { referenceWalk } from './walks.js';

const WALKS_PER_ROUND = 1024;

/** Pixie's query, walk by walk, as the paper's algorithms 2 and 3 state it. */
export function referenceRecommend(graph: ReferenceGraph, query: RecommendQuery, options: RecommendOptions) {
  const { steps = 100_000, hops = 10, restart = 0.5, top = 100, multiHit = true, boosts, earlyStop, seed } = options;
  const weights = new Map<number, number>();
  query.pins.forEach((pin, i) => {
    weights.set(pin, (weights.get(pin) ?? 0) + (query.weights?.[i] ?? 1));
  });
  const queryPins = [...weights.keys()];

  const largest = Math.max(...graph.boardsOf.map((row) => row.length));
  const shares = queryPins.map((pin) => {
    const row = graph.boardsOf[pin];
    if (row.every(({ weight }) => weight === 0)) return 0;
    return weights.get(pin)! * (row.length * (largest - Math.fround(Math.log(row.length))));
  });
  const sum = shares.reduce((a, b) => a + b, 0);

  let made = 0;
  const visits = queryPins.map((pin, i) => {
    const own = new Map<number, number>();
    const walks = shares[i] === 0 ? 0 : Math.max(1, Math.round((Math.ceil(steps / hops) * shares[i]) / sum));
    for (let walk = 0; walk < walks; walk++) {
      if (earlyStop !== undefined && walk % WALKS_PER_ROUND === 0) {
        const frequent = [...own.values()].filter((count) => count >= earlyStop.visits).length;
        if (frequent >= earlyStop.pins) break;
      }
      const start = { pin, boards: graph.boardsOf[pin], isNew: false };
      for (const visited of referenceWalk(graph, start, walk, { hops, stop: restart, mode: 'restart', seed })) {
        own.set(visited, (own.get(visited) ?? 0) + 1);
        made++;
      }
    }
    return own;
  });

  const excluded = new Set([...queryPins, ...(options.exclude ?? [])]);
  const candidates = new Set(visits.flatMap((own) => [...own.keys()]));
  const ranked = [...candidates]
    .filter((pin) => !excluded.has(pin) && (boosts === undefined || boosts[pin] > 0))
    .map((id) => {
      const counts = visits.map((own) => own.get(id) ?? 0);
      const sum = counts.reduce((sum, count) => sum + (multiHit ? Math.sqrt(count) : count), 0);
      const score = Math.fround((multiHit ? sum * sum : sum) * (boosts?.[id] ?? 1));
      return { id, score, count: counts.reduce((a, b) => a + b, 0) };
    })
    .sort((a, b) => b.score - a.score || a.id - b.id)
    .slice(0, top);
  return {
    ids: ranked.map(({ id }) => id),
    scores: ranked.map(({ score }) => score),
    counts: ranked.map(({ count }) => count),
    steps: made,
  };
}
