import type { Dataset } from '@pinsage/graph';
import {
  checkChoice,
  checkInteger,
  checkNumber,
  type Edges,
  type Graph,
  invalidArgument,
  type TaskOptions,
} from '@pinsage/native';
import { type BaselineName, baselineNames, createBaseline } from './baselines/index.js';
import { EmbeddingMethod } from './embedding-method.js';
import { listCount, listOf } from './lists.js';
import type { Method, Ranking } from './method.js';
import { bootstrap, coverage, hitRate, type Interval, ndcg, recall, scaledMrr } from './metrics/index.js';
import { coldTask, homeTask, nextTask, relatedTask, type Task } from './tasks.js';

/** Of each query; their means and intervals are reported. */
const perQuery: Record<string, (ranks: Uint32Array) => number> = {
  'hit-rate@10': (ranks) => hitRate(ranks, 10),
  'recall@20': (ranks) => recall(ranks, 20),
  'recall@100': (ranks) => recall(ranks, 100),
  'ndcg@20': (ranks) => ndcg(ranks, 20),
  mrr: (ranks) => scaledMrr(ranks, 100),
};

/** Length of the lists that coverage looks at. */
const TOP = 20;

/** What is asked from: a Split fits. */
export interface EvaluationData {
  dataset: Dataset;
  /** What methods may know. */
  train: Graph;
  /** Held-out edges that are asked for. */
  test: Edges;
  /** Held-out edges that are neither asked for nor recommended. */
  validation?: Edges;
  /** Edges of the pins that training never saw. */
  coldEdges?: Edges;
}

export interface EvaluateOptions extends TaskOptions {
  /** What to ask. Default: all that there are edges for. */
  tasks?: Task['name'][];
  /** What to compare with, on the same queries. Default: all. */
  baselines?: BaselineName[];
  /** Latest pins of a board that the task `next` asks with, 1 to 1000. Default 1. */
  latest?: number;
  /** Queries of a task, at most; a random sample where there are more. Default 2000. */
  queries?: number;
  /** Bootstrap resamples. Default 500. */
  resamples?: number;
  /** Of the intervals. Default 0.95. */
  confidence?: number;
  /** Default 0. */
  seed?: number;
}

export interface MethodResult {
  method: string;
  /** `hit-rate@10`, `recall@20`, `recall@100`, `ndcg@20`, `mrr` (scaled by 100). */
  metrics: Record<string, Interval>;
  /** Share of the recommendable pins that are among somebody's first 20. */
  coverage: number;
  seconds: number;
}

export interface TaskResult {
  task: Task['name'];
  description: string;
  /** Queries that were asked, of `available`. */
  queries: number;
  available: number;
  /** Pins that are ranked for each query. */
  candidates: number;
  methods: MethodResult[];
}

export interface Evaluation {
  seed: number;
  confidence: number;
  tasks: TaskResult[];
}

/**
 * Ranks all pins for held-out edges, by the embeddings and by simpler methods on the same queries. No sampled negatives.
 *
 * @param embeddings of all pins, [pins, width]; cold pins' from features alone. Without it only the baselines are evaluated.
 */
export async function evaluate(
  embeddings: { vectors: Float32Array; width: number } | undefined,
  data: EvaluationData,
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  const { baselines = baselineNames, resamples = 500, confidence = 0.95, seed = 0, queries = 2000 } = options;
  checkInteger('latest', options.latest ?? 1, 1, 1000);
  checkInteger('queries', queries, 1, 2 ** 31);
  checkInteger('resamples', resamples, 1, 1_000_000);
  checkNumber('confidence', confidence, 0.5, 0.9999);
  checkInteger('seed', seed, 0, Number.MAX_SAFE_INTEGER);
  for (const name of baselines) checkChoice('baselines', name, baselineNames);
  if (embeddings && embeddings.vectors.length !== data.train.pins * embeddings.width) {
    throw invalidArgument(
      'embeddings.vectors',
      embeddings.vectors,
      `a row of ${embeddings.width} for each of ${data.train.pins} pins`,
    );
  }
  const methods: Method[] = embeddings ? [new EmbeddingMethod('pinsage', embeddings.vectors, embeddings.width)] : [];
  for (const name of baselines) {
    const baseline = await createBaseline(name, data.dataset, data.train);
    if (baseline) methods.push(baseline);
  }
  const tasks = tasksOf(data, options, { queries, seed });
  const results: TaskResult[] = [];
  let done = 0;
  for (const task of tasks) {
    const candidates = task.allowed ? task.allowed.reduce((sum, allowed) => sum + allowed, 0) : data.train.pins;
    const measured: MethodResult[] = [];
    for (const method of methods) {
      const start = performance.now();
      const ranking = await method.rank(task, { top: TOP, seed, signal: options.signal, threads: options.threads });
      const seconds = (performance.now() - start) / 1000;
      measured.push({
        method: method.name,
        seconds,
        ...measure(task, ranking, candidates, { resamples, confidence, seed }),
      });
      options.onProgress?.(++done, tasks.length * methods.length);
    }
    const { name, description, available } = task;
    results.push({
      task: name,
      description,
      queries: listCount(task.members),
      available,
      candidates,
      methods: measured,
    });
  }
  return { seed, confidence, tasks: results };
}

function tasksOf(
  data: EvaluationData,
  { tasks: names, latest }: EvaluateOptions,
  sample: { queries: number; seed: number },
): Task[] {
  const { train, test, validation, coldEdges } = data;
  const make: Record<Task['name'], () => Task | undefined> = {
    home: () => homeTask(train, test, validation, sample),
    related: () => relatedTask(train, test, sample),
    next: () => nextTask(train, test, validation, sample, latest),
    cold: () => coldEdges && coldTask(train, coldEdges, sample),
  };
  const all = Object.keys(make) as Task['name'][];
  const wanted = names?.map((name) => checkChoice('tasks', name, all)) ?? all;
  return wanted.flatMap((name) => make[name]() ?? []).filter((task) => listCount(task.members) > 0);
}

function measure(
  task: Task,
  ranking: Ranking,
  candidates: number,
  options: { resamples: number; confidence: number; seed: number },
): Pick<MethodResult, 'metrics' | 'coverage'> {
  const names = Object.keys(perQuery);
  const values = names.map(() => new Float64Array(listCount(task.targets)));
  for (let query = 0; query < listCount(task.targets); query++) {
    const ranks = listOf({ offsets: task.targets.offsets, ids: ranking.ranks }, query);
    for (const [i, name] of names.entries()) values[i][query] = perQuery[name](ranks);
  }
  const intervals = bootstrap(values, options);
  return {
    metrics: Object.fromEntries(names.map((name, i) => [name, intervals[i]])),
    coverage: coverage(ranking.top, candidates),
  };
}
