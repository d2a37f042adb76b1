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
import {
  type BootstrapOptions,
  bootstrap,
  bootstrapDifferences,
  coverage,
  type Difference,
  hitRate,
  holm,
  type Interval,
  ndcg,
  recall,
  scaledMrr,
} from './metrics/index.js';
import { Mix } from './mix.js';
import { findMixWeights } from './mix-weights.js';
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
  /** Held-out edges that are neither asked for nor recommended. A mix's weights are found on them. */
  validation?: Edges;
  /** Edges of the pins that training never saw. */
  coldEdges?: Edges;
}

export interface EvaluateOptions extends TaskOptions {
  /** What to ask. Default: all that there are edges for. */
  tasks?: Task['name'][];
  /** What to compare with, on the same queries. Default: all that the dataset has what they need for. */
  baselines?: BaselineName[];
  /** Latest pins of a board that the task `next` asks with, 1 to 1000. Default 1. */
  latest?: number;
  /**
   * Methods whose scores are mixed into one more, `mix`: 'pinsage' and baselines, two at least. Weights are found on home feeds of the
   * validation edges. Default: none.
   */
  mix?: ('pinsage' | BaselineName)[];
  /** Queries of a task, at most; a random sample where there are more. Default 2000. */
  queries?: number;
  /** Bootstrap resamples. Default 1000. */
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
  /**
   * Of each metric, the difference to the task's first method (above 0: better than that) by paired bootstrap on the same queries; p
   * after Holm's correction over the task's methods. Absent for the first method.
   */
  differences?: Record<string, Difference>;
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
  mix?: MixResult;
}

/** How a mix came about. */
export interface MixResult {
  /** Of each method's standardised scores, 0 or above; their sum is 1. */
  weights: Record<string, number>;
  /** Home feeds of validation edges that the weights are best for, and the NDCG@20 that they reach there. */
  queries: number;
  'ndcg@20': number;
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
  const {
    baselines = baselineNames,
    mix = [],
    resamples = 1000,
    confidence = 0.95,
    seed = 0,
    queries = 2000,
  } = options;
  checkInteger('latest', options.latest ?? 1, 1, 1000);
  checkInteger('queries', queries, 1, 2 ** 31);
  checkInteger('resamples', resamples, 1, 1_000_000);
  checkNumber('confidence', confidence, 0.5, 0.9999);
  checkInteger('seed', seed, 0, Number.MAX_SAFE_INTEGER);
  for (const name of baselines) checkChoice('baselines', name, baselineNames);
  checkMix(mix, embeddings !== undefined, data);
  if (embeddings && embeddings.vectors.length !== data.train.pins * embeddings.width) {
    throw invalidArgument(
      'embeddings.vectors',
      embeddings.vectors,
      `a row of ${embeddings.width} for each of ${data.train.pins} pins`,
    );
  }
  const { signal, threads } = options;
  const own = embeddings && new EmbeddingMethod('pinsage', embeddings.vectors, embeddings.width);
  const made = new Map<string, Method>(own && [['pinsage', own]]);
  for (const name of new Set([...baselines, ...mix])) {
    const baseline = name !== 'pinsage' && (await createBaseline(name, data.dataset, data.train, { signal, threads }));
    if (baseline) made.set(name, baseline);
  }
  const methods = ['pinsage', ...baselines].flatMap((name) => made.get(name) ?? []);
  const mixed = mix.length > 0 ? await makeMix(mix, made, data, { queries, seed, signal, threads }) : undefined;
  if (mixed) methods.splice(own ? 1 : methods.length, 0, mixed.method);
  const tasks = tasksOf(data, options, { queries, seed });
  const results: TaskResult[] = [];
  let done = 0;
  for (const task of tasks) {
    const candidates = task.allowed ? task.allowed.reduce((sum, allowed) => sum + allowed, 0) : data.train.pins;
    const measured: Measured[] = [];
    for (const method of methods) {
      const start = performance.now();
      const ranking = await method.rank(task, { top: TOP, seed, signal, threads });
      const seconds = (performance.now() - start) / 1000;
      const values = measure(task, ranking);
      measured.push({ method: method.name, values, coverage: coverage(ranking.top, candidates), seconds });
      options.onProgress?.(++done, tasks.length * methods.length);
    }
    const { name, description, available } = task;
    results.push({
      task: name,
      description,
      queries: listCount(task.members),
      available,
      candidates,
      methods: summarize(measured, { resamples, confidence, seed }),
    });
  }
  return { seed, confidence, tasks: results, ...(mixed && { mix: mixed.result }) };
}

function checkMix(mix: string[], hasEmbeddings: boolean, { validation }: EvaluationData): void {
  if (mix.length === 0) return;
  const allowed = hasEmbeddings ? ['pinsage', ...baselineNames] : baselineNames;
  for (const name of mix) checkChoice('mix', name, allowed);
  if (new Set(mix).size !== mix.length || mix.length < 2) throw invalidArgument('mix', mix, 'two methods or more');
  if (validation === undefined || validation.pins.length === 0) {
    throw invalidArgument('validation', validation, 'edges to find the weights of the mix on');
  }
}

async function makeMix(
  names: string[],
  made: Map<string, Method>,
  { train, validation }: EvaluationData,
  options: { queries: number; seed: number } & Pick<TaskOptions, 'signal' | 'threads'>,
): Promise<{ method: Method; result: MixResult }> {
  const methods = names.map((name) => {
    const method = made.get(name);
    if (method === undefined) throw invalidArgument('mix', name, 'methods that the dataset has what they need for');
    return method;
  });
  const task = homeTask(train, validation as Edges, undefined, options);
  const queries = listCount(task.members);
  if (queries === 0) throw invalidArgument('validation', validation, 'edges of boards that have edges in training');
  const { weights, ndcgAt20 } = await findMixWeights(methods, task, train.pins, options);
  return {
    method: new Mix(methods, weights, train.pins),
    result: {
      weights: Object.fromEntries(names.map((name, i) => [name, weights[i]])),
      queries,
      'ndcg@20': ndcgAt20,
    },
  };
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

/** A method's answers to a task. */
interface Measured {
  method: string;
  /** Of each metric in the order of `perQuery`: its value at each query. */
  values: Float64Array[];
  coverage: number;
  seconds: number;
}

function measure(task: Task, { ranks }: Ranking): Float64Array[] {
  const queries = listCount(task.targets);
  return Object.values(perQuery).map((metric) =>
    Float64Array.from({ length: queries }, (_, query) =>
      metric(listOf({ offsets: task.targets.offsets, ids: ranks }, query)),
    ),
  );
}

/** Means with intervals, and differences to the first method. */
function summarize(measured: Measured[], options: BootstrapOptions): MethodResult[] {
  const names = Object.keys(perQuery);
  const [first, ...others] = measured;
  const intervals = bootstrap(
    measured.flatMap(({ values }) => values),
    options,
  );
  const differences = bootstrapDifferences(
    others.flatMap(({ values }) => values.map((value, i) => value.map((at, query) => at - first.values[i][query]))),
    options,
  );
  for (const i of names.keys()) {
    const compared = others.map((_, other) => differences[other * names.length + i]);
    for (const [other, p] of holm(compared.map((difference) => difference.p)).entries()) compared[other].p = p;
  }
  const byName = <T>(all: T[], method: number): Record<string, T> =>
    Object.fromEntries(names.map((name, i) => [name, all[method * names.length + i]]));
  return measured.map(({ method, coverage, seconds }, i) => ({
    method,
    metrics: byName(intervals, i),
    ...(i > 0 && { differences: byName(differences, i - 1) }),
    coverage,
    seconds,
  }));
}
