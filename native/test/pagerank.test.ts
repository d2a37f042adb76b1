import { describe, expect, it } from 'vitest';
import { type Edges, Graph, type PageRankBandOptions } from '../lib/index.js';
import { referenceGraph } from './reference/graph.js';
import { densePageRank, referencePageRank, referenceRanking } from './reference/pagerank.js';
import { all, expectError, randomEdges, randomGraph } from './support.js';

function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a).reduce((sum, score, i) => sum + Math.abs(score - b[i]), 0);
}

async function expectNearDenseSolve(edges: Edges, pins: number, boards: number): Promise<void> {
  const graph = await Graph.fromEdges(edges, { pins, boards, duplicates: 'merge' });
  const reference = referenceGraph(graph.arrays);
  for (const [alpha, tolerance] of [
    [0.15, 1e-3],
    [0.15, 1e-6],
    [0.6, 1e-6],
  ]) {
    const scores = await graph.pageRank(all(pins), { alpha, tolerance });
    for (const query of all(pins)) {
      const own = scores.subarray(pins * query, pins * query + pins);
      expect(distance(densePageRank(reference, query, alpha), own)).toBeLessThan(tolerance);
    }
  }
}

describe.each([false, true])('Graph.pageRank (weighted: %s)', (weighted) => {
  it('is what power iteration finds for every pin, isolated ones included', async () => {
    const { graph, reference } = await randomGraph(21, weighted);
    const scores = await graph.pageRank(all(60));
    for (const pin of all(60)) {
      expect(distance(referencePageRank(reference, pin), scores.subarray(60 * pin, 60 * pin + 60))).toBeLessThan(2e-6);
    }
  });

  it('does not depend on threads, nor on the queries beside', async () => {
    const { graph } = await randomGraph(21, weighted, 500, 120, 3000);
    const scores = await graph.pageRank(all(60));
    for (const threads of [1, 2, 5]) expect(await graph.pageRank(all(60), { threads })).toEqual(scores);
    for (const pin of [0, 17, 31]) {
      expect(await graph.pageRank(Uint32Array.of(pin))).toEqual(scores.slice(500 * pin, 500 * pin + 500));
    }
  });

  it('is what power iteration finds from few edges and from many, side by side', async () => {
    // A large graph of short rows, in components of all sizes, and a board on which the first pin meets many.
    const edges = randomEdges(45, 3000, 2000, 4500, weighted);
    const hub = {
      pins: Uint32Array.of(...edges.pins, ...all(300)),
      boards: Uint32Array.of(...edges.boards, ...all(300).fill(1999)),
      ...(weighted && { weights: Float32Array.of(...edges.weights!, ...new Float32Array(300).fill(5)) }),
    };
    const graph = await Graph.fromEdges(hub, { pins: 3000, boards: 2000, duplicates: 'merge' });
    const reference = referenceGraph(graph.arrays);
    const queries = Uint32Array.of(0, 1500, 2650, 2999, 299, 900, 2000);
    const scores = await graph.pageRank(queries);
    for (const [row, query] of queries.entries()) {
      const own = scores.slice(3000 * row, 3000 * row + 3000);
      expect(distance(referencePageRank(reference, query), own)).toBeLessThan(2e-6);
      expect(await graph.pageRank(Uint32Array.of(query), { threads: 1 })).toEqual(own);
    }
  });

  it('is exactly 0 where walks do not come, and nowhere below', async () => {
    const edges = randomEdges(44, 40, 12, 200, weighted);
    const apart = {
      pins: Uint32Array.of(...edges.pins, ...edges.pins.map((pin) => pin + 40)),
      boards: Uint32Array.of(...edges.boards, ...edges.boards.map((board) => board + 12)),
      ...(weighted && { weights: Float32Array.of(...edges.weights!, ...edges.weights!) }),
    };
    const graph = await Graph.fromEdges(apart, { pins: 80, boards: 24, duplicates: 'merge' });
    for (const tolerance of [1e-3, 1e-6]) {
      const scores = await graph.pageRank(all(40), { tolerance });
      for (let query = 0; query < 40; query++) {
        expect([...scores.subarray(80 * query + 40, 80 * query + 80)]).toEqual(Array(40).fill(0));
      }
      expect(Math.min(...scores)).toBe(0);
    }
  });

  it('is within its tolerance where walks hardly leave a cluster, or cannot', async () => {
    // Two halves of 30 pins and 10 boards, apart or joined by one edge.
    for (const joined of [false, true]) {
      const edges = randomEdges(41, 30, 10, 200, weighted);
      const other = randomEdges(42, 30, 10, 200, weighted);
      const both = {
        pins: Uint32Array.of(...edges.pins, ...other.pins.map((pin) => pin + 30), ...(joined ? [0] : [])),
        boards: Uint32Array.of(...edges.boards, ...other.boards.map((board) => board + 10), ...(joined ? [10] : [])),
        ...(weighted && { weights: Float32Array.of(...edges.weights!, ...other.weights!, ...(joined ? [0.01] : [])) }),
      };
      await expectNearDenseSolve(both, 60, 20);
    }
  });

  it('is within its tolerance beside a board that holds every pin', async () => {
    const edges = randomEdges(43, 80, 12, 100, weighted);
    const star = {
      pins: Uint32Array.of(...edges.pins, ...all(80)),
      boards: Uint32Array.of(...edges.boards, ...all(80).fill(12)),
      ...(weighted && { weights: Float32Array.of(...edges.weights!, ...new Float32Array(80).fill(5)) }),
    };
    await expectNearDenseSolve(star, 80, 13);
  });

  it('is as near to a dense solve as its tolerance', async () => {
    const { graph, reference } = await randomGraph(22, weighted);
    for (const [alpha, tolerance] of [
      [0.15, 1e-6],
      [0.5, 1e-4],
      [0.02, 1e-5],
      [0.15, 0],
    ]) {
      const scores = await graph.pageRank(all(60), { alpha, tolerance });
      for (let query = 0; query < 60; query++) {
        const exact = densePageRank(reference, query, alpha);
        const error = exact.reduce((sum, score, pin) => sum + Math.abs(score - scores[60 * query + pin]), 0);
        expect(error).toBeLessThan(Math.max(tolerance, 1e-6));
      }
    }
  });

  it('ranks as its scores say', async () => {
    const { graph } = await randomGraph(23, weighted);
    const scores = await graph.pageRank(all(60));
    for (const [from, to] of [
      [0, 5],
      [3, 20],
      [10, 100],
      [70, 80],
    ]) {
      for (const threads of [1, 2, 5]) {
        const band = await graph.pageRankBand(all(60), { from, to, threads });
        for (let query = 0; query < 60; query++) {
          const own = scores.subarray(60 * query, 60 * query + 60);
          const ranked = referenceRanking(own, query).slice(from, to);
          const padding = Array(to - from - ranked.length);
          const range = [query * (to - from), (query + 1) * (to - from)];
          expect(band.counts[query]).toBe(ranked.length);
          expect([...band.ids.subarray(...range)]).toEqual([...ranked, ...padding.fill(query)]);
          expect([...band.scores.subarray(...range)]).toEqual([...ranked.map((pin) => own[pin]), ...padding.fill(0)]);
        }
      }
    }
  });
});

describe.each([false, true])('Graph.pageRankBand by walks (weighted: %s)', (weighted) => {
  it('comes as near to the exact scores as its walks let it', async () => {
    const { graph, reference } = await randomGraph(24, weighted);
    const queries = all(15);
    for (const alpha of [0.15, 0.5]) {
      const band = await graph.pageRankBand(queries, { from: 0, to: 59, alpha, method: 'fast', walks: 100_000 });
      for (const query of queries) {
        const exact = densePageRank(reference, query, alpha);
        const row = [...band.ids.subarray(59 * query, 59 * query + band.counts[query])];
        expect(row.toSorted((a, b) => a - b)).toEqual(referenceRanking(exact, query).sort((a, b) => a - b));
        for (const [rank, pin] of row.entries()) {
          expect(Math.abs(band.scores[59 * query + rank] - exact[pin])).toBeLessThan(0.004);
        }
      }
    }
  });

  it('finds nearly all of the exact band in a larger graph, whatever the threads', async () => {
    const { graph } = await randomGraph(25, weighted, 10_000, 300, 50_000);
    const queries = Uint32Array.from({ length: 17 }, (_, i) => i * 300);
    const exact = await graph.pageRankBand(queries, { from: 0, to: 1000 });
    const bands = await Promise.all(
      [1, 2, 5].map((threads) => graph.pageRankBand(queries, { from: 0, to: 1000, method: 'fast', threads })),
    );
    expect(bands[1]).toEqual(bands[0]);
    expect(bands[2]).toEqual(bands[0]);
    const found = Array.from(queries, (_, i) => {
      const top = new Set(exact.ids.subarray(1000 * i, 1000 * i + 1000));
      return bands[0].ids.subarray(1000 * i, 1000 * i + 1000).filter((pin) => top.has(pin)).length;
    });
    expect(found.reduce((a, b) => a + b) / 17_000).toBeGreaterThan(0.95);
  });
});

describe.each([false, true])('Graph.pageRank of lists (weighted: %s)', (weighted) => {
  it('is the mean of its pins’, whatever the components, the queries beside and the threads', async () => {
    const edges = randomEdges(46, 400, 150, 900, weighted);
    const graph = await Graph.fromEdges(edges, { pins: 400, boards: 150, duplicates: 'merge' });
    const lists = [[5], [], [0, 1, 2], [399, 7], [399], [3, 3, 250], [...all(300)]];
    const offsets = new Uint32Array(lists.length + 1);
    lists.forEach((list, i) => {
      offsets[i + 1] = offsets[i] + list.length;
    });
    const queries = { offsets, ids: Uint32Array.from(lists.flat()) };
    const scores = await graph.pageRank(queries);
    const single = await graph.pageRank(all(400));
    for (const [row, list] of lists.entries()) {
      const mean = Float64Array.from(all(400), (pin) =>
        list.reduce((sum, query) => sum + single[400 * query + pin] / list.length, 0),
      );
      expect(distance(mean, scores.subarray(400 * row, 400 * row + 400))).toBeLessThan(4e-6);
    }
    expect(scores.subarray(0, 400)).toEqual(single.subarray(2000, 2400));
    for (const threads of [1, 5]) expect(await graph.pageRank(queries, { threads })).toEqual(scores);
  });

  it('refuses bad input', async () => {
    const { graph } = await randomGraph(1, weighted);
    const bad = (message: RegExp, offsets: number[], ids: number[], options = {}) =>
      expectError('INVALID_ARGUMENT', message, () =>
        graph.pageRank({ offsets: Uint32Array.from(offsets), ids: Uint32Array.from(ids) }, options),
      );
    await bad(/queries.*60/, [0, 1], [60]);
    await bad(/queries/, [0, 2], [1]);
    await bad(/queries/, [], []);
    await bad(/tolerance is -1/, [0, 1], [0], { tolerance: -1 });
  });
});

describe('Graph.pageRank', () => {
  it('gives an isolated pin all of its own probability', async () => {
    const graph = await Graph.fromEdges({ pins: Uint32Array.of(0), boards: Uint32Array.of(0) }, { pins: 2, boards: 1 });
    expect([...(await graph.pageRank(all(2)))]).toEqual([1, 0, 0, 1]);
    const { counts, ids } = await graph.pageRankBand(all(2), { from: 0, to: 1 });
    expect([...counts, ...ids]).toEqual([0, 0, 0, 1]);
  });

  it('refuses bad input', async () => {
    const { graph } = await randomGraph(1);
    const bad = async (message: RegExp, options: object) => {
      await expectError('INVALID_ARGUMENT', message, () => graph.pageRank(all(1), options));
      await expectError('INVALID_ARGUMENT', message, () =>
        graph.pageRankBand(all(1), { from: 0, to: 1, ...options } as PageRankBandOptions),
      );
    };
    for (const alpha of [0, 1, -1, Number.NaN, '0.5']) await bad(/alpha is/, { alpha });
    await bad(/tolerance is -1/, { tolerance: -1 });
    await bad(/maxIterations is 0/, { maxIterations: 0 });
    await expectError('INVALID_ARGUMENT', /queries\[0\] is 60/, () => graph.pageRank(Uint32Array.of(60)));
    await expectError('INVALID_ARGUMENT', /to is 5;/, () => graph.pageRankBand(all(1), { from: 5, to: 5 }));
    await expectError('INVALID_ARGUMENT', /from is -1/, () => graph.pageRankBand(all(1), { from: -1, to: 5 }));
  });
});
