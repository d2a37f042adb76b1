import { describe, expect, it } from 'vitest';
import { buildRows, type CsrArrays, type Edges, Graph, release } from '../lib/index.js';
import { referenceCsr } from './reference/graph.js';
import { expectError, generator, randomEdges } from './support.js';

const build = (edges: Edges, pins: number, boards: number, duplicates?: 'merge' | 'sum', threads?: number) =>
  Graph.fromEdges(edges, { pins, boards, duplicates, threads });

describe('Graph.fromEdges', () => {
  for (const threads of [1, 2, 5]) {
    for (const [weighted, timed, duplicates] of [
      [false, false, 'merge'],
      [true, false, 'merge'],
      [false, true, 'sum'],
      [true, true, 'sum'],
    ] as const) {
      it(`equals sorting (${duplicates}${weighted ? ', weights' : ''}${timed ? ', times' : ''}, ${threads} threads)`, async () => {
        for (const [pins, boards, count] of [
          [50, 20, 400],
          [7, 3, 2],
          [300, 500, 3000],
          [3, 3, 0],
        ]) {
          const edges = randomEdges(pins, pins, boards, count, weighted);
          const random = generator(count);
          if (timed) edges.times = BigInt64Array.from(edges.pins, () => BigInt(Math.floor(random() * 1e6)) - 500_000n);
          const graph = await build(edges, pins, boards, duplicates, threads);
          expect(graph.arrays).toEqual(referenceCsr(edges, pins, boards, duplicates));
          expect([graph.pins, graph.boards, graph.weighted]).toEqual([pins, boards, weighted || duplicates === 'sum']);
        }
      });
    }
  }

  it.each([false, true])('is the graph that its arrays make (weighted: %s)', async (weighted) => {
    const built = await build(randomEdges(3, 300, 100, 3000, weighted), 300, 100);
    const opened = await Graph.fromArrays(structuredClone(built.arrays));
    const seeds = Uint32Array.from({ length: 300 }, (_, i) => i);
    const options = { walks: 50, hops: 3, neighbors: 5 };
    expect(await built.neighborhoods(seeds, options)).toEqual(await opened.neighborhoods(seeds, options));
    expect(await built.pageRank(seeds.subarray(0, 3))).toEqual(await opened.pageRank(seeds.subarray(0, 3)));
  });

  it('makes a graph of edges that change meanwhile', async () => {
    const [pins, boards, count] = [3000, 400, 1_000_000];
    for (let round = 0; round < 5; round++) {
      const edges = randomEdges(round, pins, boards, count, round % 2 === 1);
      const running = build(edges, pins, boards, 'merge', 2).then(
        (graph) => graph,
        (error) => error as Error,
      );
      for (let wave = 0; wave < 10; wave++) {
        await new Promise((resolve) => setImmediate(resolve));
        edges.pins.fill(wave % 2 ? 0xffffffff : 7, (wave * count) / 20);
        edges.boards.fill(wave % 2 ? 0xffffffff : 9, (wave * count) / 20);
      }
      const graph = await running;
      if (graph instanceof Graph) await Graph.fromArrays(graph.arrays);
      else expect(graph.message).toMatch(/edges\.(pins|boards): element/);
    }
  });

  it('gives all its memory back when it is closed', async () => {
    const graph = await build(randomEdges(3, 300, 100, 3000), 300, 100);
    const { pinBoards, boardOffsets } = graph.arrays;
    await graph.close();
    expect([pinBoards.length, boardOffsets.length]).toEqual([0, 0]);
  });

  it('gives rows and degrees', async () => {
    const graph = await build({ pins: Uint32Array.of(2, 0, 2), boards: Uint32Array.of(1, 0, 0) }, 4, 2);
    expect([...graph.boardsOf(2)]).toEqual([0, 1]);
    expect([...graph.boardsOf(3)]).toEqual([]);
    expect([...graph.pinsOf(0)]).toEqual([0, 2]);
    expect([...graph.pinDegrees()]).toEqual([1, 0, 2, 0]);
    expect([...graph.boardDegrees()]).toEqual([2, 1]);
    await expectError('INVALID_ARGUMENT', /pin is 4/, () => graph.boardsOf(4));
    await expectError('INVALID_ARGUMENT', /board is -1/, () => graph.pinsOf(-1));
  });

  it('has no rows in an empty graph', async () => {
    const graph = await build({ pins: new Uint32Array(0), boards: new Uint32Array(0) }, 0, 0);
    expect([graph.pins, graph.boards, graph.edges]).toEqual([0, 0, 0]);
    await expectError('INVALID_ARGUMENT', /pin is 0/, () => graph.boardsOf(0));
    expect((await graph.neighborhoods(new Uint32Array(0))).ids.length).toBe(0);
    expect((await graph.pageRank(new Uint32Array(0))).length).toBe(0);
    await expectError('INVALID_ARGUMENT', /there are no pins/, () => graph.neighborhoods(Uint32Array.of(0)));
  });

  it('refuses bad edges', async () => {
    const good = { pins: Uint32Array.of(0, 1), boards: Uint32Array.of(0, 0) };
    const bad = (edges: object, message: RegExp, pins = 2, boards = 1) =>
      expectError('INVALID_ARGUMENT', message, () => build({ ...good, ...edges } as Edges, pins, boards));
    await bad({ pins: Uint32Array.of(0, 2) }, /edges\.pins: element 1 is 2; allowed: below 2/);
    await bad({ boards: Uint32Array.of(0, -1) }, /edges\.boards: element 1 is 4294967295/);
    await bad({ pins: [0, 1] }, /edges\.pins is a Array; allowed: a Uint32Array/);
    await bad({ boards: Uint32Array.of(0) }, /edges\.boards is a Uint32Array of 1; allowed: a Uint32Array of 2/);
    await bad({ weights: new Float64Array(2) }, /edges\.weights is a Float64Array/);
    await bad({ times: new Float64Array(2) }, /edges\.times is a Float64Array/);
    for (const weight of [-1, Number.NaN, Number.POSITIVE_INFINITY, 1e-40]) {
      await bad({ weights: Float32Array.of(1, weight) }, /edges\.weights: element 1 is/);
    }
    await bad({}, /pins is 4294967296/, 2 ** 32);
    await bad({}, /boards is 0\.5/, 2, 0.5);
    await expectError('INVALID_ARGUMENT', /duplicates is 'none'/, () => build(good, 2, 1, 'none' as 'merge'));
  });
});

describe('Graph.fromArrays', () => {
  const good = (): CsrArrays => ({
    pinOffsets: BigUint64Array.of(0n, 2n, 3n),
    pinBoards: Uint32Array.of(0, 1, 1),
    boardOffsets: BigUint64Array.of(0n, 1n, 3n),
    boardPins: Uint32Array.of(0, 0, 1),
  });

  it('takes arrays without a copy', async () => {
    const arrays = good();
    const graph = await Graph.fromArrays(arrays);
    expect(graph.arrays.pinBoards).toBe(arrays.pinBoards);
    expect([graph.pins, graph.boards, graph.edges, graph.weighted]).toEqual([2, 2, 3, false]);
  });

  it.each<[string, Partial<CsrArrays>, RegExp]>([
    ['offsets that descend', { pinOffsets: BigUint64Array.of(0n, 5n, 3n) }, /offset 1 is not in order/],
    ['huge offsets', { pinOffsets: BigUint64Array.of(0n, 2n ** 64n - 1n, 3n) }, /offset 1 is not in order/],
    ['offsets that end early', { boardOffsets: BigUint64Array.of(0n, 1n, 2n) }, /do not go from 0/],
    ['offsets that start late', { boardOffsets: BigUint64Array.of(1n, 1n, 3n) }, /do not go from 0/],
    ['a board out of range', { pinBoards: Uint32Array.of(0, 2, 1) }, /row 0 holds id 2, which is out of range/],
    ['a pin out of range', { boardPins: Uint32Array.of(0, 0, 9) }, /row 1 holds id 9, which is out of range/],
    ['a row out of order', { pinBoards: Uint32Array.of(1, 0, 1) }, /row 0 holds id 0 twice or out of order/],
    ['an edge twice', { pinBoards: Uint32Array.of(1, 1, 1) }, /twice/],
    ['directions that differ', { boardPins: Uint32Array.of(1, 0, 1) }, /do not hold the same edges/],
    [
      'a negative weight',
      { pinWeights: Float32Array.of(1, -1, 1), boardWeights: Float32Array.of(1, -1, 1) },
      /row 0 holds weight -1/,
    ],
    [
      'weights that differ',
      { pinWeights: Float32Array.of(1, 2, 3), boardWeights: Float32Array.of(1, 3, 2) },
      /do not hold the same edges/,
    ],
  ])('refuses %s', async (_, change, message) => {
    await expectError('FILE_CORRUPT', message, () => Graph.fromArrays({ ...good(), ...change }));
  });

  it.each<[string, object, RegExp]>([
    ['no offsets', { pinOffsets: new BigUint64Array(0) }, /pinOffsets is a BigUint64Array of 0/],
    ['arrays of another class', { boardPins: new Int32Array(3) }, /boardPins is a Int32Array/],
    ['fewer boards than pins', { boardPins: new Uint32Array(2) }, /boardPins is a Uint32Array of 2/],
    ['weights on one side', { pinWeights: new Float32Array(3) }, /boardWeights is undefined/],
    ['nothing', { pinBoards: undefined }, /pinBoards is undefined/],
  ])('refuses %s', async (_, change, message) => {
    await expectError('INVALID_ARGUMENT', message, () => Graph.fromArrays({ ...good(), ...change } as CsrArrays));
  });

  it('survives a program that writes to the arrays of an open graph', async () => {
    const graph = await Graph.fromArrays(good());
    graph.arrays.pinBoards.fill(0xfffffff0);
    graph.arrays.boardPins.fill(0xfffffff0);
    graph.arrays.pinOffsets.fill(2n ** 40n);
    graph.arrays.boardOffsets.fill(2n ** 40n);
    await graph.neighborhoods(Uint32Array.of(0, 1), { hops: 50, stop: 0 });
    await graph.pageRank(Uint32Array.of(0, 1));
    await graph.batch(Uint32Array.of(0, 1), { layers: 2 });
  });
});

describe('buildRows', () => {
  it.each([
    [false, 'merge'],
    [true, 'merge'],
    [false, 'sum'],
    [true, 'sum'],
  ] as const)('makes the rows of the pins (weights: %s, %s)', async (weighted, duplicates) => {
    const edges = randomEdges(5, 300, 80, 3000, weighted);
    if (weighted) edges.times = BigInt64Array.from(edges.pins, (_, i) => BigInt(3000 - i));
    const csr = referenceCsr(edges, 300, 80, duplicates);
    const rows = await buildRows(edges, { rows: 300, columns: 80, duplicates });
    const expected = { offsets: csr.pinOffsets, ids: csr.pinBoards, weights: csr.pinWeights, times: csr.times };
    expect(rows).toEqual(Object.fromEntries(Object.entries(expected).filter(([, array]) => array !== undefined)));
    release(rows);
    expect(rows.ids.length).toBe(0);
  });

  it('refuses ids out of range', async () => {
    const edges = { pins: Uint32Array.of(0, 3), boards: Uint32Array.of(0, 0) };
    await expectError('INVALID_ARGUMENT', /below 3/, () => buildRows(edges, { rows: 3, columns: 1 }));
  });
});
