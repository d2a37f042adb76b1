import type { TaskOptions } from '@pinsage/native';
import type { Task } from './tasks.js';

/** What a method answers to a task. */
export interface Ranking {
  /** [targets] The rank (from 1) of each target among all pins that the query may be recommended. */
  ranks: Uint32Array;
  /** [queries, top] The first recommendations; 0xffffffff is padding. */
  top: Uint32Array;
}

export interface ScoreOptions extends Pick<TaskOptions, 'signal' | 'threads'> {
  /** Seed of methods that draw. */
  seed: number;
}

export interface RankingOptions extends TaskOptions, ScoreOptions {
  /** Length of the lists in Ranking.top. */
  top: number;
}

/** A way to recommend, to be compared with others. */
export interface Method {
  readonly name: string;
  rank(task: Task, options: RankingOptions): Promise<Ranking>;
  /** [end - first, pins] What queries first … end - 1 of the task are ranked by, larger first. */
  scores(task: Task, first: number, end: number, options: ScoreOptions): Promise<Float32Array>;
}
