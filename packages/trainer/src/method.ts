import type { TaskOptions } from '@pinsage/native';
import type { Task } from './tasks.js';

/** What a method answers to a task. */
export interface Ranking {
  /** [targets] The rank (from 1) of each target among all pins that the query may be recommended. */
  ranks: Uint32Array;
  /** [queries, top] The first recommendations; 0xffffffff is padding. */
  top: Uint32Array;
}

export interface RankingOptions extends TaskOptions {
  /** Length of the lists in Ranking.top. */
  top: number;
  /** Seed of methods that draw. */
  seed: number;
}

/** A way to recommend, to be compared with others. */
export interface Method {
  readonly name: string;
  rank(task: Task, options: RankingOptions): Promise<Ranking>;
}
