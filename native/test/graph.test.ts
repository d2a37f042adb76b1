import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CsrArrays, Graph, type TaskOptions, writeSafetensors } from '../lib/index.js';
import { all, expectError, randomEdges } from './support.js';

/** Long calls on a graph that is large enough for them. */
const LONG_CALLS: [string, (graph: Graph, options: TaskOptions) => Promise<unknown>][] = [
  [
    'neighborhoods',
    (graph, options) => graph.neighborhoods(all(20_000), { walks: 2000, hops: 20, stop: 0.1, ...options }),
  ],
  [
    'one long neighborhood',
    (graph, options) => graph.neighborhoods(all(1), { walks: 300, hops: 50_000, stop: 0, ...options }),
  ],
  ['walk', (graph, options) => graph.walk(all(20_000), { walks: 1000, hops: 20, stop: 0, ...options })],
  ['pageRank', (graph, options) => graph.pageRank(all(20_000), { tolerance: 0, ...options })],
  ['pageRankBand', (graph, options) => graph.pageRankBand(all(20_000), { from: 0, to: 50, tolerance: 0, ...options })],
  ['batch', (graph, options) => graph.batch(all(20_000), { layers: 2, walks: 2000, hops: 20, stop: 0.1, ...options })],
];

describe('a long call', () => {
  const pins = 20_000;
  const boards = 2_000;
  const graph = Graph.fromEdges(randomEdges(31, pins, boards, 300_000), { pins, boards });

  it.each(LONG_CALLS)('stops within 100 ms of its signal: %s', async (_, call) => {
    const controller = new AbortController();
    let aborted = 0;
    setTimeout(() => {
      aborted = performance.now();
      controller.abort('enough');
    }, 100);
    await expectError('ABORTED', /aborted/, async () => call(await graph, { signal: controller.signal }));
    expect(aborted).toBeGreaterThan(0);
    // 100 ms on a free machine; tests of other packages may be running on this one.
    expect(performance.now() - aborted).toBeLessThan(1000);
  });

  it('is not even started when its signal was aborted before', async () => {
    const signal = AbortSignal.abort();
    await expectError('ABORTED', /aborted/, async () => (await graph).neighborhoods(all(10), { signal }));
  });

  it('reports progress up to its total', async () => {
    const reports: [number, number][] = [];
    const onProgress = (done: number, total: number) => reports.push([done, total]);
    await (await graph).neighborhoods(all(5000), { walks: 2000, hops: 20, stop: 0, onProgress });
    expect(reports.length).toBeGreaterThan(1);
    expect(reports.at(-1)).toEqual([5000, 5000]);
    expect(reports.every(([done], i) => i === 0 || done >= reports[i - 1][0])).toBe(true);
  });

  it('keeps the event loop free', async () => {
    let ticks = 0;
    const timer = setInterval(() => ticks++, 5);
    await (await graph).neighborhoods(all(5000), { walks: 2000, hops: 20, stop: 0 });
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(3);
  });

  it('runs beside others', async () => {
    const open = await graph;
    const alone = await open.neighborhoods(all(500));
    const together = await Promise.all(Array.from({ length: 8 }, () => open.neighborhoods(all(500))));
    for (const result of together) expect(result).toEqual(alone);
  });
});

describe('closing', () => {
  it('waits for running calls, and ends the graph for later ones', async () => {
    const graph = await Graph.fromEdges(randomEdges(32, 2000, 200, 30_000), { pins: 2000, boards: 200 });
    let done = false;
    const running = graph.neighborhoods(all(2000), { walks: 500, hops: 10, stop: 0.1 }).then(() => {
      done = true;
    });
    const closed = graph.close();
    await expectError('CLOSED', /closed/, () => graph.neighborhoods(all(1)));
    await expectError('CLOSED', /closed/, () => graph.batch(all(1), { layers: 1 }));
    await expectError('CLOSED', /closed/, () => graph.walk(all(1)));
    await expectError('CLOSED', /closed/, () => graph.pageRank(all(1)));
    await expectError('CLOSED', /closed/, () => graph.pageRankBand(all(1)));
    await expectError('CLOSED', /closed/, () => graph.boardsOf(0));
    await closed;
    expect(done).toBe(true);
    await running;
    await graph.close();
    graph[Symbol.dispose]();
    await graph[Symbol.asyncDispose]();
  });
});

describe('Graph.open', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'pinsage-graph-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  const tensors = (csr: CsrArrays) => ({
    'pin.offsets': { shape: [csr.pinOffsets.length], data: csr.pinOffsets },
    'pin.boards': { shape: [csr.pinBoards.length], data: csr.pinBoards },
    'board.offsets': { shape: [csr.boardOffsets.length], data: csr.boardOffsets },
    'board.pins': { shape: [csr.boardPins.length], data: csr.boardPins },
    ...(csr.pinWeights && { 'pin.weights': { shape: [csr.pinWeights.length], data: csr.pinWeights } }),
    ...(csr.boardWeights && { 'board.weights': { shape: [csr.boardWeights.length], data: csr.boardWeights } }),
    ...(csr.times && { time: { shape: [csr.times.length], data: csr.times } }),
  });

  it.each([false, true])('maps what was written (weighted: %s)', async (weighted) => {
    const edges = randomEdges(33, 300, 80, 2000, weighted);
    if (weighted) edges.times = BigInt64Array.from(edges.pins, (pin) => BigInt(pin) - 7n);
    const built = await Graph.fromEdges(edges, { pins: 300, boards: 80 });
    await writeSafetensors(join(directory, 'graph.safetensors'), tensors(built.arrays));
    const opened = await Graph.open(directory);
    expect(opened.arrays).toEqual({
      pinWeights: undefined,
      boardWeights: undefined,
      times: undefined,
      ...built.arrays,
    });
    expect(await opened.neighborhoods(all(300))).toEqual(await built.neighborhoods(all(300)));
    const running = opened.neighborhoods(all(300), { walks: 1000 });
    await opened.close();
    await running;
    expect(opened.arrays.pinBoards.length).toBe(0);
  });

  it('refuses what is not there or not sound', async () => {
    const path = join(directory, 'graph.safetensors');
    await expectError('FILE_NOT_FOUND', /graph\.safetensors/, () => Graph.open(directory));
    await writeFile(path, 'not a graph');
    await expectError('FILE_CORRUPT', /graph\.safetensors/, () => Graph.open(directory));

    const { arrays } = await Graph.fromEdges(randomEdges(34, 30, 10, 100), { pins: 30, boards: 10 });
    const { 'pin.boards': _, ...rest } = tensors(arrays);
    await writeSafetensors(path, rest);
    await expectError('FILE_CORRUPT', /pin\.boards/, () => Graph.open(directory));

    const wrong = { ...arrays, boardPins: arrays.boardPins.slice().fill(29) };
    await writeSafetensors(path, tensors(wrong));
    await expectError('FILE_CORRUPT', /graph\.safetensors: .*rows of boards.*row 0 holds id 29 twice/, () =>
      Graph.open(directory),
    );

    const short = { ...arrays, boardPins: arrays.boardPins.slice(1) };
    await writeSafetensors(path, tensors(short));
    await expectError('FILE_CORRUPT', /boardPins is a Uint32Array/, () => Graph.open(directory));
  });
});
