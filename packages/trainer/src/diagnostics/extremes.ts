import { listCount, listOf } from '../lists.js';
import type { Ranking } from '../method.js';
import { ndcg } from '../metrics/index.js';
import type { Task } from '../tasks.js';

const SHOWN = 5;
const PADDING = 0xffffffff;

/** A query with its answer. Pins and boards are rows. */
export interface QueryCase {
  board: number;
  /** Pins that are known to be on it. */
  size: number;
  /** The first of these. */
  members: number[];
  /** What was recommended first. */
  recommended: number[];
  /** What should have been, best rank first. */
  targets: { pin: number; rank: number }[];
  /** Of the whole ranking. */
  ndcg: number;
}

/**
 * The queries with the lowest and the highest NDCG of the whole ranking. Of equals the one with more targets comes first, which is
 * worse luck among the worst and less luck among the best. No query is in both.
 *
 * @param boards [queries]
 */
export function extremes(
  task: Task,
  boards: Uint32Array,
  ranking: Ranking,
  count: number,
): { worst: QueryCase[]; best: QueryCase[] } {
  const queries = listCount(task.targets);
  const quality = Float64Array.from({ length: queries }, (_, query) => {
    const ranks = listOf({ offsets: task.targets.offsets, ids: ranking.ranks }, query);
    return ndcg(ranks, Number.MAX_SAFE_INTEGER);
  });
  const targets = (query: number) => listOf(task.targets, query).length;
  const order = (sign: 1 | -1) =>
    Array.from(quality.keys()).sort((a, b) => sign * (quality[a] - quality[b]) || targets(b) - targets(a) || a - b);
  const shown = Math.min(count, Math.floor(queries / 2));
  const best = order(-1).slice(0, shown);
  const worst = order(1)
    .filter((query) => !best.includes(query))
    .slice(0, shown);
  const describe = (query: number) => describeQuery(task, boards[query], ranking, query, quality[query]);
  return { worst: worst.map(describe), best: best.map(describe) };
}

function describeQuery(task: Task, board: number, ranking: Ranking, query: number, quality: number): QueryCase {
  const length = ranking.top.length / listCount(task.targets);
  const members = listOf(task.members, query);
  const first = task.targets.offsets[query];
  const targets = Array.from(listOf(task.targets, query), (pin, i) => ({ pin, rank: ranking.ranks[first + i] }));
  const top = ranking.top.subarray(query * length, (query + 1) * length).filter((pin) => pin !== PADDING);
  return {
    board,
    size: members.length,
    members: Array.from(members.subarray(0, SHOWN)),
    recommended: Array.from(top.subarray(0, SHOWN)),
    targets: targets.sort((a, b) => a.rank - b.rank).slice(0, SHOWN),
    ndcg: quality,
  };
}
