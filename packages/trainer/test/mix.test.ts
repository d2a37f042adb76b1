import type { Dataset } from '@pinsage/graph';
import { describe, expect, it } from 'vitest';
import { evaluate } from '../src/evaluate.js';
import { formatEvaluation } from '../src/format.js';
import { listCount, listOf } from '../src/lists.js';
import { bootstrapDifferences } from '../src/metrics/bootstrap.js';
import { holm, ndcg } from '../src/metrics/index.js';
import { Mix } from '../src/mix.js';
import { findMixWeights } from '../src/mix-weights.js';
import { ScoredMethod } from '../src/scored-method.js';
import { homeTask, type Task } from '../src/tasks.js';
import { graphOf, randomBoards } from './graphs.js';

const PINS = 300;
const boards = randomBoards(40, PINS, [6, 12], 11);
const edges = (place: number) => ({
  pins: Uint32Array.from(boards, (members) => members[place]),
  boards: Uint32Array.from(boards.keys()),
});
const train = () =>
  graphOf(
    boards.map((members) => members.slice(2)),
    PINS,
  );

/** Scores that are noise and, for the board's held-out pins of one kind, a push. */
class Noisy extends ScoredMethod {
  readonly name: string;
  readonly #seed: number;
  readonly #push: (board: number, pin: number) => number;

  constructor(name: string, seed: number, push: (board: number, pin: number) => number) {
    super(PINS);
    this.name = name;
    this.#seed = seed;
    this.#push = push;
  }

  async scores(task: Task, first: number, end: number): Promise<Float32Array> {
    return Float32Array.from({ length: (end - first) * PINS }, (_, i) => {
      const board = task.boards![first + Math.floor(i / PINS)];
      const pin = i % PINS;
      const noise = Math.sin((board * PINS + pin + 1) * (12.9898 + this.#seed)) * 43758.5453;
      return 1000 * (noise - Math.floor(noise) + this.#push(board, pin)) + 7 * board;
    });
  }
}

const even = (board: number, pin: number) => (boards[board].slice(0, 2).includes(pin) && board % 2 === 0 ? 0.9 : 0);
const odd = (board: number, pin: number) => (boards[board].slice(0, 2).includes(pin) && board % 2 === 1 ? 0.9 : 0);

async function quality(method: ScoredMethod, task: Task): Promise<number> {
  const { ranks } = await method.rank(task, { top: 5, seed: 0 });
  let sum = 0;
  for (let query = 0; query < listCount(task.targets); query++) {
    sum += ndcg(listOf({ offsets: task.targets.offsets, ids: ranks }, query), 20);
  }
  return sum / listCount(task.targets);
}

describe('a mix', () => {
  it('finds weights that are better than each method alone, and says what they reach', async () => {
    using graph = await train();
    const task = homeTask(graph, edges(0), undefined, { queries: 100, seed: 0 });
    const methods = [new Noisy('a', 1, even), new Noisy('b', 2, odd), new Noisy('luck', 3, () => 0)];
    const found = await findMixWeights(methods, task, PINS, { seed: 0 });
    const mixed = new Mix(methods, found.weights, PINS);
    expect(await quality(mixed, task)).toBeCloseTo(found.ndcgAt20, 6);
    for (const method of methods) expect(found.ndcgAt20).toBeGreaterThan((await quality(method, task)) + 0.05);
    expect(Math.min(...found.weights)).toBeGreaterThanOrEqual(0);
    expect(found.weights.reduce((a, b) => a + b)).toBeCloseTo(1, 12);
    expect(found.weights[2]).toBeLessThan(Math.min(found.weights[0], found.weights[1]));
    expect(await findMixWeights(methods, task, PINS, { seed: 0 })).toEqual(found);
  });

  it('does not depend on a method’s unit', async () => {
    using graph = await train();
    const task = homeTask(graph, edges(0), undefined, { queries: 100, seed: 0 });
    const method = new Noisy('a', 1, even);
    const [own, mixed] = [method, new Mix([method], [3], PINS)].map((one) => one.rank(task, { top: 5, seed: 0 }));
    expect((await mixed).top).toEqual((await own).top);
  });

  it('is a method of an evaluation, with its weights', async () => {
    using graph = await train();
    const vectors = Float32Array.from({ length: PINS * 4 }, (_, i) => Math.cos(i * i));
    const data = { dataset: {} as Dataset, train: graph, test: edges(0), validation: edges(1) };
    const result = await evaluate({ vectors, width: 4 }, data, {
      baselines: ['itemknn'],
      mix: ['pinsage', 'boardknn'],
      tasks: ['home'],
    });
    expect(result.tasks[0].methods.map(({ method }) => method)).toEqual(['pinsage', 'mix', 'itemknn']);
    expect(Object.keys(result.mix!.weights)).toEqual(['pinsage', 'boardknn']);
    expect(result.mix!.queries).toBe(40);
    expect(formatEvaluation(result)).toMatch(/mix: .* pinsage \+ .* boardknn, found on 40 home feeds/);
  });

  it('refuses what cannot be mixed', async () => {
    using graph = await train();
    const data = { dataset: {} as Dataset, train: graph, test: edges(0), validation: edges(1) };
    const refused = (argument: string, mix: string[], changes: object = {}) =>
      expect(evaluate(undefined, { ...data, ...changes }, { baselines: [], mix: mix as [] })).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
        argument,
      });
    await refused('mix', ['pinsage', 'itemknn']);
    await refused('mix', ['itemknn']);
    await refused('mix', ['itemknn', 'itemknn']);
    await refused('mix', ['itemknn', 'transitions']);
    await refused('validation', ['itemknn', 'boardknn'], { validation: undefined });
  });
});

describe('significance', () => {
  it('corrects as Holm does', () => {
    expect(holm([0.01, 0.04, 0.03, 0.005])).toEqual([0.03, 0.06, 0.06, 0.02]);
    expect(holm([0.6, 0.9])).toEqual([1, 1]);
    expect(holm([])).toEqual([]);
  });

  it('of paired differences is near the t-test’s', () => {
    const noise = Float64Array.from({ length: 200 }, (_, i) => Math.sin(i * 12.9898) * 0.7);
    const center = noise.reduce((a, b) => a + b) / 200;
    const shifted = (by: number) => noise.map((value) => value - center + by);
    const [none, some, much, exact] = bootstrapDifferences(
      [shifted(0), shifted(0.07), shifted(-0.3), new Float64Array(200)],
      { resamples: 4000 },
    );
    expect(none.p).toBeGreaterThan(0.5);
    // Standard error .7 / sqrt(2 · 200) = .035: two of them.
    expect(some.p).toBeGreaterThan(0.02);
    expect(some.p).toBeLessThan(0.1);
    expect(much).toMatchObject({ p: 2 / 4001 });
    expect(much.high).toBeLessThan(0);
    expect(exact.p).toBe(1);
  });

  it('is marked in the table', async () => {
    using graph = await train();
    const data = { dataset: {} as Dataset, train: graph, test: edges(0), validation: edges(1) };
    // Every pin of a board at one point of a line of its own: near a board's held-out pins, unlike any baseline.
    const vectors = new Float32Array(PINS * 40);
    for (const [board, members] of boards.entries()) for (const pin of members) vectors[pin * 40 + board] = 1;
    const result = await evaluate({ vectors, width: 40 }, data, { baselines: ['popularity'], tasks: ['home'] });
    const [first, popularity] = result.tasks[0].methods;
    expect(first.differences).toBeUndefined();
    const { mean, low, high, p } = popularity.differences!['recall@20'];
    expect(mean).toBeCloseTo(popularity.metrics['recall@20'].mean - first.metrics['recall@20'].mean, 12);
    expect(low).toBeLessThanOrEqual(mean);
    expect(high).toBeLessThan(0);
    expect(p).toBeLessThan(0.05);
    expect(formatEvaluation(result)).toMatch(/popularity.*▼/);
    expect(formatEvaluation(result)).toContain('▲ significantly better than pinsage');
  });
});
