import { rankScores, searchScores } from '@pinsage/native';
import { type Lists, listCount, listOf } from '../lists.js';
import type { Ranking, RankingOptions } from '../method.js';
import type { Task } from '../tasks.js';

const BLOCK = 32;

/** As rankByScores, one query at a time: `score` fills the query's row. */
export function rankEachByScores(
  task: Task,
  pins: number,
  options: RankingOptions,
  score: (members: Uint32Array, row: Float32Array, query: number) => Promise<void> | void,
): Promise<Ranking> {
  return rankByScores(task, pins, options, async (first, end, scores) => {
    for (let query = first; query < end; query++) {
      const row = scores.subarray((query - first) * pins, (query - first + 1) * pins);
      await score(listOf(task.members, query), row, query);
    }
  });
}

/**
 * Ranks by a score of every pin for every query, a block of queries at a time so that queries × pins is never held.
 *
 * @param score fills rows [first, end) of the block's scores, which are 0 before
 */
export async function rankByScores(
  task: Task,
  pins: number,
  options: RankingOptions,
  score: (first: number, end: number, scores: Float32Array) => Promise<void> | void,
): Promise<Ranking> {
  const queries = listCount(task.members);
  const ranks = new Uint32Array(task.targets.ids.length);
  const top = new Uint32Array(queries * options.top);
  const { signal, threads, onProgress } = options;
  for (let first = 0; first < queries; first += BLOCK) {
    const end = Math.min(first + BLOCK, queries);
    const scores = new Float32Array((end - first) * pins);
    await score(first, end, scores);
    const shared = {
      candidates: pins,
      exclude: part(task.exclude, first, end),
      allowed: task.allowed,
      signal,
      threads,
    };
    const ranked = await rankScores(scores, { ...shared, targets: part(task.targets, first, end) });
    ranks.set(ranked, task.targets.offsets[first]);
    const found = await searchScores(scores, { ...shared, top: options.top });
    top.set(found.ids, first * options.top);
    onProgress?.(end, queries);
  }
  return { ranks, top };
}

function part(lists: Lists, first: number, end: number): Lists {
  const start = lists.offsets[first];
  return {
    offsets: lists.offsets.slice(first, end + 1).map((offset) => offset - start),
    ids: lists.ids.subarray(start, lists.offsets[end]),
  };
}
