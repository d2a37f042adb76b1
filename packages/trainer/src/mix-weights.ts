import { searchScores } from '@pinsage/native';
import { listCount, listOf, sliceLists } from './lists.js';
import type { Method, ScoreOptions } from './method.js';
import { ndcg } from './metrics/index.js';
import { standardize } from './standardize.js';
import type { Task } from './tasks.js';

/** Queries whose scores are held at once. */
const BLOCK = 32;
/** Of each method, the pins of a query that may come to the front of a mix. */
const FRONT = 200;
/** Of the lists that are judged. */
const K = 20;
/** Weights that are tried for one method while the others stay, first anew, then around what it has. */
const GRID = [0, 0.05, 0.1, 0.2, 0.4, 0.7, 1, 1.5, 2.5, 4];
const STEPS = [0.7, 0.85, 1.15, 1.4];
const MAX_SWEEPS = 20;

export interface MixWeights {
  /** Of each method, 0 or above; their sum is 1. */
  weights: number[];
  /** Mean NDCG@20 of the mix on the queries that the weights are from. */
  ndcgAt20: number;
}

/** One query's pins that may come to the front, and its targets. */
interface Candidates {
  ids: Uint32Array;
  /** [methods][ids] Standardised scores. */
  scores: Float32Array[];
  isTarget: Uint8Array;
  targets: number;
}

/**
 * Weights of a mix by coordinate search for NDCG@20: from the best method alone, one weight after the other is set to what is best
 * while the others stay, until none changes. Deterministic. Only pins that one of the methods has among its first 200, and the targets,
 * are looked at.
 */
export async function findMixWeights(
  methods: Method[],
  task: Task,
  pins: number,
  options: ScoreOptions,
): Promise<MixWeights> {
  const queries = await candidatesOf(methods, task, pins, options);
  const quality = (weights: number[]) =>
    queries.reduce((sum, query) => sum + ndcgOf(query, weights), 0) / queries.length;
  const alone = methods.map((_, i) => methods.map((_, j) => Number(i === j)));
  let best = alone
    .map((weights) => ({ weights, value: quality(weights) }))
    .reduce((a, b) => (b.value > a.value ? b : a));
  for (let sweep = 0; sweep < MAX_SWEEPS; sweep++) {
    const before = best.value;
    for (const i of methods.keys()) {
      const own = best.weights[i];
      for (const weight of [...GRID, ...STEPS.map((step) => step * own)]) {
        const weights = best.weights.with(i, weight);
        const value = quality(weights);
        if (value > best.value) best = { weights, value };
      }
    }
    if (best.value === before) break;
  }
  const sum = best.weights.reduce((a, b) => a + b);
  return { weights: best.weights.map((weight) => weight / sum), ndcgAt20: best.value };
}

async function candidatesOf(methods: Method[], task: Task, pins: number, options: ScoreOptions): Promise<Candidates[]> {
  const queries: Candidates[] = [];
  const count = listCount(task.members);
  for (let first = 0; first < count; first += BLOCK) {
    const end = Math.min(first + BLOCK, count);
    const scores: Float32Array[] = [];
    const fronts: Uint32Array[] = [];
    for (const method of methods) {
      const own = await method.scores(task, first, end, options);
      standardize(own, pins);
      scores.push(own);
      const { signal, threads } = options;
      const exclude = sliceLists(task.exclude, first, end);
      fronts.push((await searchScores(own, { candidates: pins, top: FRONT, exclude, signal, threads })).ids);
    }
    for (let query = 0; query < end - first; query++) {
      const targets = listOf(task.targets, first + query);
      const front = fronts.flatMap((ids) => [...ids.subarray(query * FRONT, (query + 1) * FRONT)]);
      const ids = Uint32Array.from(new Set([...front, ...targets].filter((pin) => pin < pins))).sort();
      const isTarget = new Set(targets);
      queries.push({
        ids,
        scores: scores.map((own) => Float32Array.from(ids, (pin) => own[query * pins + pin])),
        isTarget: Uint8Array.from(ids, (pin) => (isTarget.has(pin) ? 1 : 0)),
        targets: targets.length,
      });
    }
  }
  return queries;
}

/** NDCG@20 of the weighted sum; of equal scores the smaller id comes first. */
function ndcgOf({ ids, scores, isTarget, targets }: Candidates, weights: number[]): number {
  const mixed = new Float64Array(ids.length);
  for (const [method, own] of scores.entries()) {
    if (weights[method] > 0) for (let i = 0; i < mixed.length; i++) mixed[i] += weights[method] * own[i];
  }
  const ranks = new Uint32Array(targets).fill(0xffffffff);
  let found = 0;
  for (let target = 0; target < ids.length; target++) {
    if (isTarget[target] === 0) continue;
    let rank = 1;
    for (let i = 0; i < ids.length && rank <= K; i++) {
      if (mixed[i] > mixed[target] || (mixed[i] === mixed[target] && i < target)) rank += 1;
    }
    ranks[found++] = rank;
  }
  return ndcg(ranks, K);
}
