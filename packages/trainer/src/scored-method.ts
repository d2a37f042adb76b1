import { rankScores, searchScores } from '@pinsage/native';
import { listCount, sliceLists } from './lists.js';
import type { Method, Ranking, RankingOptions, ScoreOptions } from './method.js';
import type { Task } from './tasks.js';

/** Queries at a time, so that queries × pins is never held. */
const BLOCK = 32;

/** A method that scores every pin for every query, and ranks by that. */
export abstract class ScoredMethod implements Method {
  abstract readonly name: string;
  readonly #pins: number;

  constructor(pins: number) {
    this.#pins = pins;
  }

  abstract scores(task: Task, first: number, end: number, options: ScoreOptions): Promise<Float32Array>;

  async rank(task: Task, options: RankingOptions): Promise<Ranking> {
    const queries = listCount(task.members);
    const ranks = new Uint32Array(task.targets.ids.length);
    const top = new Uint32Array(queries * options.top);
    const { signal, threads, seed, onProgress } = options;
    for (let first = 0; first < queries; first += BLOCK) {
      const end = Math.min(first + BLOCK, queries);
      const scores = await this.scores(task, first, end, { signal, threads, seed });
      const shared = {
        candidates: this.#pins,
        exclude: sliceLists(task.exclude, first, end),
        allowed: task.allowed,
        signal,
        threads,
      };
      const ranked = await rankScores(scores, { ...shared, targets: sliceLists(task.targets, first, end) });
      ranks.set(ranked, task.targets.offsets[first]);
      const found = await searchScores(scores, { ...shared, top: options.top });
      top.set(found.ids, first * options.top);
      onProgress?.(end, queries);
    }
    return { ranks, top };
  }
}
