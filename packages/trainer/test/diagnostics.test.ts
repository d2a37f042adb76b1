import type { Dataset } from '@pinsage/graph';
import type { Edges } from '@pinsage/native';
import { describe, expect, it } from 'vitest';
import { alignment } from '../src/diagnostics/alignment.js';
import { bestBaseline } from '../src/diagnostics/best-baseline.js';
import { Bins } from '../src/diagnostics/bins.js';
import { diagnose } from '../src/diagnostics/diagnose.js';
import { effectiveRank } from '../src/diagnostics/effective-rank.js';
import { eigenvalues } from '../src/diagnostics/eigenvalues.js';
import { extremes } from '../src/diagnostics/extremes.js';
import { gini } from '../src/diagnostics/gini.js';
import { hubness } from '../src/diagnostics/hubness.js';
import { meanCosine } from '../src/diagnostics/mean-cosine.js';
import { occurrences } from '../src/diagnostics/occurrences.js';
import { popularityBias } from '../src/diagnostics/popularity-bias.js';
import { unitRows } from '../src/diagnostics/rows.js';
import { skewness } from '../src/diagnostics/skewness.js';
import { slices } from '../src/diagnostics/slices.js';
import { uniformity } from '../src/diagnostics/uniformity.js';
import { EmbeddingMethod } from '../src/embedding-method.js';
import { type Evaluation, evaluate } from '../src/evaluate.js';
import { listOf, toLists } from '../src/lists.js';
import { recall } from '../src/metrics/index.js';
import { RandomStream } from '../src/random.js';
import { homeTask } from '../src/tasks.js';
import { graphOf, randomBoards } from './graphs.js';

function waves(length: number, seed = 1): Float32Array {
  return Float32Array.from({ length }, (_, i) => Math.sin(i * i * 0.7 + seed * 3.1 + i));
}

describe('eigenvalues', () => {
  it('of the second difference are 2 − 2 cos(k π / (n + 1))', () => {
    const n = 12;
    const matrix = Float64Array.from({ length: n * n }, (_, at) => {
      const apart = Math.abs(Math.floor(at / n) - (at % n));
      return apart === 0 ? 2 : apart === 1 ? -1 : 0;
    });
    const expected = Array.from({ length: n }, (_, k) => 2 - 2 * Math.cos(((n - k) * Math.PI) / (n + 1)));
    eigenvalues(matrix, n).forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i], 12);
    });
  });

  it('are the roots that Jacobi rotations find', () => {
    const n = 9;
    const half = waves(n * n);
    const matrix = Float64Array.from({ length: n * n }, (_, at) => half[at] + half[(at % n) * n + Math.floor(at / n)]);
    const expected = jacobi(matrix.slice(), n);
    eigenvalues(matrix, n).forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i], 10);
    });
  });

  it('of zeros, a multiple of one, and a single number', () => {
    expect([...eigenvalues(new Float64Array(9), 3)].map(Math.abs)).toEqual([0, 0, 0]);
    const same = Float64Array.of(3, 0, 0, 3);
    for (const value of eigenvalues(same, 2)) expect(value).toBeCloseTo(3, 12);
    expect([...eigenvalues(Float64Array.of(-4), 1)]).toEqual([-4]);
  });
});

/** Rotations that bring the elements beside the diagonal to zero, largest eigenvalue first. */
function jacobi(a: Float64Array, n: number): number[] {
  for (let sweep = 0; sweep < 30; sweep++) {
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        const angle = 0.5 * Math.atan2(2 * a[p * n + q], a[p * n + p] - a[q * n + q]);
        const [c, s] = [Math.cos(angle), Math.sin(angle)];
        for (let k = 0; k < n; k++) {
          const [x, y] = [a[k * n + p], a[k * n + q]];
          a[k * n + p] = c * x + s * y;
          a[k * n + q] = c * y - s * x;
        }
        for (let k = 0; k < n; k++) {
          const [x, y] = [a[p * n + k], a[q * n + k]];
          a[p * n + k] = c * x + s * y;
          a[q * n + k] = c * y - s * x;
        }
      }
    }
  }
  return Array.from({ length: n }, (_, i) => a[i * n + i]).sort((x, y) => y - x);
}

describe('geometry', () => {
  const width = 5;
  const units = unitRows(
    waves(40 * width),
    width,
    Array.from({ length: 40 }, (_, i) => i),
  );
  const row = (i: number) => units.subarray(i * width, (i + 1) * width);
  const pairs = Array.from({ length: 40 }, (_, i) => Array.from({ length: i }, (_, j) => [i, j])).flat();
  const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const dot = (i: number, j: number) => row(i).reduce((sum, value, d) => sum + value * row(j)[d], 0);
  const distance = (i: number, j: number) => Math.hypot(...row(i).map((value, d) => value - row(j)[d]));

  it('scales to length 1 and leaves zeros', () => {
    expect(Math.hypot(...row(7))).toBeCloseTo(1, 6);
    expect([...unitRows(Float32Array.of(0, 0, 3, 4), 2, [1, 0])]).toEqual([Math.fround(0.6), Math.fround(0.8), 0, 0]);
  });

  it('mean cosine and uniformity are means over all pairs', () => {
    expect(meanCosine(units, width)).toBeCloseTo(mean(pairs.map(([i, j]) => dot(i, j))), 6);
    expect(uniformity(units, width)).toBeCloseTo(
      Math.log(mean(pairs.map(([i, j]) => Math.exp(-2 * distance(i, j) ** 2)))),
      6,
    );
  });

  it('alignment is the mean squared distance of the pairs', () => {
    const [a, b] = [units.subarray(0, 10 * width), units.subarray(10 * width, 20 * width)];
    const expected = mean(Array.from({ length: 10 }, (_, i) => distance(i, i + 10) ** 2));
    expect(alignment(a, b, width)).toBeCloseTo(expected, 6);
  });

  it('effective rank is the number of directions that are used alike', () => {
    const axes = (n: number) =>
      Float32Array.from({ length: 2 * n * 8 }, (_, at) => {
        const i = Math.floor(at / 8);
        return at % 8 === i >> 1 ? (i % 2 === 0 ? 1 : -1) : 0;
      });
    expect(effectiveRank(axes(1), 8)).toBeCloseTo(1, 9);
    expect(effectiveRank(axes(5), 8)).toBeCloseTo(5, 9);
    expect(effectiveRank(axes(8), 8)).toBeCloseTo(8, 9);
    expect(effectiveRank(new Float32Array(24).fill(0.5), 8)).toBe(0);
  });

  it('effective rank of spectrum (3, 1) is exp of its entropy, from either side of the matrix', () => {
    const [a, b] = [Math.sqrt(3), 1];
    const expected = Math.exp(-0.75 * Math.log(0.75) - 0.25 * Math.log(0.25));
    const tall = Float32Array.of(a, 0, -a, 0, 0, b, 0, -b);
    expect(effectiveRank(tall, 2)).toBeCloseTo(expected, 6);
    const wide = Float32Array.from({ length: 4 * 6 }, (_, at) =>
      at % 6 < 2 ? tall[Math.floor(at / 6) * 2 + (at % 6)] : 0,
    );
    expect(effectiveRank(wide, 6)).toBeCloseTo(expected, 6);
  });
});

describe('hubness', () => {
  it('counts how often each is among the nearest of others', async () => {
    const width = 4;
    const vectors = waves(30 * width);
    const row = (i: number) => [...vectors.subarray(i * width, (i + 1) * width)];
    const dot = (i: number, j: number) => row(i).reduce((sum, value, d) => sum + value * row(j)[d], 0);
    const expected = new Uint32Array(30);
    const queries = Uint32Array.of(3, 8, 29, 0, 11);
    for (const query of queries) {
      const others = Array.from({ length: 30 }, (_, pin) => pin).filter((pin) => pin !== query);
      others.sort((a, b) => dot(query, b) - dot(query, a) || a - b);
      for (const pin of others.slice(0, 6)) expected[pin] += 1;
    }
    expect(await occurrences(vectors, width, queries, 6)).toEqual(expected);
  });

  it('finds the pin that is near everything, and those that are near nobody', async () => {
    // Nearest by inner product: what is long along a common direction.
    const pins = 60;
    const vectors = Float32Array.from({ length: pins * 2 }, (_, at) => {
      const pin = at >> 1;
      return at % 2 === 0 ? 1 + (pin === 17 ? 5 : 0) : Math.sin(pin);
    });
    const found = await hubness({ vectors, width: 2 }, new RandomStream(0, 'diagnostics', 0));
    expect(found).toMatchObject({ k: 10, pins, queries: pins });
    expect(found.hubs[0]).toEqual({ pin: 17, occurrences: pins - 1 });
    expect(found.hubs).toHaveLength(10);
    expect(found.skewness).toBeGreaterThan(1);
    expect(found.antihubs).toBeGreaterThan(0.3);
  });

  it('skewness is the third standardised moment', () => {
    expect(skewness([1, 2, 3, 4, 5])).toBeCloseTo(0, 12);
    // Bernoulli: (1 − 2 p) / sqrt(p (1 − p)).
    expect(skewness([1, 0, 0, 0])).toBeCloseTo(0.5 / Math.sqrt(0.1875), 12);
    expect(skewness([7, 7, 7])).toBe(0);
  });
});

describe('popularity bias', () => {
  it('Gini is half the mean absolute difference over the mean', () => {
    const counts = Uint32Array.of(5, 0, 2, 2, 9, 1);
    const differences = [...counts].flatMap((a) => [...counts].map((b) => Math.abs(a - b)));
    const expected = differences.reduce((a, b) => a + b, 0) / 36 / 2 / (19 / 6);
    expect(gini(counts)).toBeCloseTo(expected, 12);
    expect(gini(Uint32Array.of(3, 3, 3))).toBeCloseTo(0, 12);
    expect(gini(Uint32Array.of(0, 0))).toBe(0);
  });

  it('weighs pins by how often they are recommended', () => {
    const lists = Uint32Array.of(0, 1, 0, 2, 0xffffffff, 0xffffffff);
    const found = popularityBias(lists, Uint32Array.of(7, 1, 0, 3));
    expect(found.coverage).toBe(3 / 4);
    expect(found.logDegree).toBeCloseTo((2 * Math.log(8) + Math.log(2)) / 4, 12);
    expect(found.gini).toBeCloseTo(gini(Uint32Array.of(2, 1, 1, 0)), 12);
  });
});

describe('slices', () => {
  it('bins have readable ends', () => {
    const bins = new Bins([0, 1, 2, 4, 11]);
    expect(bins.labels).toEqual(['0', '1', '2–3', '4–10', 'over 10']);
    expect([0, 1, 2, 3, 4, 10, 11, 5000].map((value) => bins.of(value))).toEqual([0, 1, 2, 2, 3, 3, 4, 4]);
    expect(new Bins([1, 3]).of(0)).toBe(-1);
  });

  it('a query counts in each slice with the targets that it has there', () => {
    const targets = toLists([[1, 2, 3], [4], [5, 6]]);
    const methods = [
      { method: 'a', ranks: Uint32Array.of(1, 30, 40, 2, 50, 10) },
      { method: 'b', ranks: Uint32Array.of(99, 1, 99, 99, 1, 99) },
    ];
    const found = slices(targets, methods, ['odd', 'even', 'none'], (_, pin) => 1 - (pin % 2), { resamples: 50 });
    expect(found.map(({ label, queries }) => [label, queries])).toEqual([
      ['odd', 2],
      ['even', 3],
    ]);
    const recallOf = (slice: number) => found[slice].methods.map((method) => method['recall@20'].mean);
    expect(recallOf(0)).toEqual([1 / 4, 1 / 2]); // (1 of 2, 0 of 1), (0 of 2, 1 of 1)
    expect(recallOf(1)[0]).toBeCloseTo(2 / 3, 12); // 30 missed, 2 and 10 hit
    expect(found[1].methods[0]['ndcg@20'].mean).toBeCloseTo((1 / Math.log2(3) + 1 / Math.log2(11)) / 3, 12);
  });
});

describe('diagnose', () => {
  const PINS = 80;
  const boards = randomBoards(40, PINS - 4, [3, 14]);
  const edgesOf = (lists: number[][]): Edges => {
    const edges = lists.flatMap((pins, board) => pins.map((pin) => ({ pin, board })));
    return { pins: Uint32Array.from(edges, ({ pin }) => pin), boards: Uint32Array.from(edges, ({ board }) => board) };
  };
  const test = edgesOf(boards.map((members) => members.slice(0, 1 + (members.length > 8 ? 1 : 0))));
  const validation = edgesOf(boards.map((members) => members.slice(2, 3)));
  const coldEdges = edgesOf([[PINS - 1, PINS - 2], [PINS - 1], [PINS - 3]]);
  const train = () =>
    graphOf(
      boards.map((members) => (members.length > 3 ? members.slice(3) : members.slice(1, 2))),
      PINS,
    );
  const dataset = {} as Dataset;
  const embeddings = { vectors: waves(PINS * 6), width: 6 };

  it('slices add up to what evaluate() says', async () => {
    using graph = await train();
    const data = { dataset, train: graph, test, validation, coldEdges };
    const evaluation = await evaluate(embeddings, data, { baselines: ['popularity', 'itemknn'], tasks: ['home'] });
    const baseline = bestBaseline(evaluation)!;
    const [ours, ...others] = evaluation.tasks[0].methods;
    const best = others.find(({ method }) => method === baseline)!;
    expect(best.metrics['recall@20'].mean).toBe(Math.max(...others.map(({ metrics }) => metrics['recall@20'].mean)));

    const { home } = await diagnose(embeddings, data, { baseline });
    expect(home!.methods).toEqual(['pinsage', baseline]);
    const warm = home!.byWarmth[0];
    expect(warm.methods[0]['recall@20']).toEqual(ours.metrics['recall@20']);
    expect(warm.methods[1]['ndcg@20']).toEqual(best.metrics['ndcg@20']);
    expect(home!.recommendations.map(({ coverage }) => coverage)).toEqual([ours.coverage, best.coverage]);
    // Board sizes part the queries, so that their means weighted by queries are the whole mean.
    const sum = home!.byBoardSize.reduce((all, slice) => all + slice.queries * slice.methods[0]['recall@20'].mean, 0);
    expect(home!.byBoardSize.reduce((all, slice) => all + slice.queries, 0)).toBe(home!.queries);
    expect(sum / home!.queries).toBeCloseTo(ours.metrics['recall@20'].mean, 10);
  });

  it('slices by degree as a slow computation does', async () => {
    using graph = await train();
    const { home } = await diagnose(embeddings, { dataset, train: graph, test, validation });
    const task = homeTask(graph, test, validation, { queries: 2000, seed: 0 });
    const { ranks } = await new EmbeddingMethod('e', embeddings.vectors, 6).rank(task, { top: 1, seed: 0 });
    const inBin = (pin: number) => [2, 3].includes(graph.boardsOf(pin).length);
    const values: number[] = [];
    for (let query = 0; query < task.boards!.length; query++) {
      const first = task.targets.offsets[query];
      const own = [...listOf(task.targets, query)].flatMap((pin, i) => (inBin(pin) ? ranks[first + i] : []));
      if (own.length > 0) values.push(recall(Uint32Array.from(own), 20));
    }
    const slice = home!.byPinDegree.find(({ label }) => label === '2–3')!;
    expect(slice.queries).toBe(values.length);
    expect(slice.methods[0]['recall@20'].mean).toBeCloseTo(values.reduce((a, b) => a + b, 0) / values.length, 12);
    expect(home!.byWarmth.map(({ label }) => label)).toEqual(['warm']);
  });

  it('cold pins are asked for by their boards', async () => {
    using graph = await train();
    const { home } = await diagnose(embeddings, { dataset, train: graph, test, validation, coldEdges });
    expect(home!.byWarmth.map(({ label, queries }) => [label, queries])).toEqual([
      ['warm', 40],
      ['cold', 3],
    ]);
  });

  it('shows the worst and the best queries, none twice', async () => {
    using graph = await train();
    const task = homeTask(graph, test, validation, { queries: 2000, seed: 0 });
    const ranking = await new EmbeddingMethod('e', embeddings.vectors, 6).rank(task, { top: 20, seed: 0 });
    const { worst, best } = extremes(task, task.boards!, ranking, 10);
    expect(new Set([...worst, ...best].map(({ board }) => board)).size).toBe(20);
    expect(best.map(({ ndcg }) => ndcg)).toEqual(best.map(({ ndcg }) => ndcg).toSorted((a, b) => b - a));
    expect(best.at(-1)!.ndcg).toBeGreaterThan(worst.at(-1)!.ndcg);
    const [first] = worst;
    const query = task.boards!.indexOf(first.board);
    expect(first.targets.map(({ pin }) => pin).toSorted()).toEqual([...listOf(task.targets, query)].toSorted());
    expect(first.recommended).toEqual([...ranking.top.subarray(query * 20, query * 20 + 5)]);
    expect(first.members.every((pin) => graph.pinsOf(first.board).includes(pin))).toBe(true);
    expect(extremes(task, task.boards!, ranking, 1000).best).toHaveLength(20);
  });

  it('is the same for a seed, and says nothing of home feeds when none can be asked for', async () => {
    using graph = await train();
    const data = { dataset, train: graph, test, validation };
    expect(await diagnose(embeddings, data, { seed: 4 })).toEqual(await diagnose(embeddings, data, { seed: 4 }));
    const none = await diagnose(embeddings, { dataset, train: graph, test: edgesOf([]) });
    expect(none.home).toBeNull();
    expect(none.geometry).toMatchObject({ pairs: 0, alignment: null, pins: PINS, width: 6 });
  });

  it('refuses embeddings of another catalogue, baselines that do not exist and numbers that are none', async () => {
    using graph = await train();
    const data = { dataset, train: graph, test, validation };
    const wrong = { vectors: new Float32Array(12), width: 6 };
    await expect(diagnose(wrong, data)).rejects.toMatchObject({ argument: 'embeddings.vectors' });
    await expect(diagnose(embeddings, data, { baseline: 'luck' as never })).rejects.toMatchObject({
      argument: 'baseline',
    });
    await expect(diagnose(embeddings, data, { resamples: 0 })).rejects.toMatchObject({ argument: 'resamples' });
    const strange = { vectors: waves(PINS * 6).fill(Number.NaN, 0, 6), width: 6 };
    await expect(diagnose(strange, data)).rejects.toMatchObject({ code: 'NOT_FINITE' });
    expect(bestBaseline({ seed: 0, confidence: 0.95, tasks: [] } as Evaluation)).toBeUndefined();
  });
});
