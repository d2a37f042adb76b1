import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { availableParallelism, getPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { Graph } from '../lib/index.js';
import { all, expectError, randomEdges } from './support.js';

// Workers load the addon itself: Node runs no TypeScript there.
const PROGRAM = `
  const { parentPort, workerData } = require('node:worker_threads');
  const addon = require(workerData.addon);
  const { arrays, seeds, options } = workerData;
  const n = seeds.length * options.neighbors;
  const control = () => new BigInt64Array(4);
  (async () => {
    const graph = await addon.openGraph(arrays, 0, 1, control());
    for (let round = 0; round < 20; round++) {
      const [ids, weights, counts] = [new Uint32Array(n), new Float32Array(n), new Uint32Array(seeds.length)];
      await addon.neighborhoods(
        graph, arrays, seeds, options, undefined, undefined, ids, weights, counts, 2, control());
      parentPort.postMessage({ ids, weights, counts });
    }
  })();
`;

it('several worker threads use graphs of their own at once, with the same results', async () => {
  const graph = await Graph.fromEdges(randomEdges(41, 2000, 300, 20_000), { pins: 2000, boards: 300 });
  const seeds = all(500);
  const { neighbors, ...expected } = await graph.neighborhoods(seeds, { neighbors: 10 });
  const options = {
    ...{ walks: 100, hops: 3, stop: 0.5, restart: false, seed: 0n, stream: 0, folds: 0, fold: 0, cuda: false },
    neighbors,
  };
  const addon = fileURLToPath(new URL('../build/Release/pinsage.node', import.meta.url));
  const workerData = { addon, arrays: graph.arrays, seeds, options };
  const results = await Promise.all(
    Array.from({ length: 2 * availableParallelism() }, () => {
      const worker = new Worker(PROGRAM, { eval: true, workerData });
      const received: unknown[] = [];
      worker.on('message', (message) => received.push(message));
      return new Promise<unknown[]>((resolve, reject) => {
        worker.on('error', reject);
        worker.on('exit', () => resolve(received));
      });
    }),
  );
  for (const received of results) {
    expect(received.length).toBe(20);
    for (const result of received) expect(result).toEqual(expected);
  }
});

it('runs more calls at once than there are threads for, with the same results', async () => {
  const graph = await Graph.fromEdges(randomEdges(42, 2000, 300, 20_000), { pins: 2000, boards: 300 });
  const expected = await graph.neighborhoods(all(2000), { neighbors: 10 });
  const results = await Promise.all(
    Array.from({ length: 25 }, () => graph.neighborhoods(all(2000), { neighbors: 10 })),
  );
  for (const result of results) expect(result).toEqual(expected);
});

it('calls in the background have the same results, and lower no other thread', async () => {
  const graph = await Graph.fromEdges(randomEdges(44, 2000, 300, 20_000), { pins: 2000, boards: 300 });
  const expected = await graph.neighborhoods(all(2000));
  const [result, other] = await Promise.all([
    graph.neighborhoods(all(2000), { background: true, threads: 2 }),
    graph.neighborhoods(all(2000)),
  ]);
  expect(result).toEqual(expected);
  expect(other).toEqual(expected);
  if (process.platform === 'linux') {
    const nice = readdirSync('/proc/self/task').map((id) => getPriority(Number(id)));
    expect(nice).toContain(19);
    expect(getPriority()).toBeLessThan(19);
    expect(nice.filter((level) => level === 19).length).toBeLessThan(nice.length - 4);
  }
  await expectError('INVALID_ARGUMENT', /background is 1; allowed: true \| false/, () =>
    graph.neighborhoods(all(2000), { background: 1 as unknown as boolean }),
  );
});

// A program of its own, with some tenths of a second of work under way.
const LONG = `
  const addon = require(process.env.PINSAGE_ADDON ?? require('node:worker_threads').workerData.addon);
  const n = 200_000;
  const arrays = { pinOffsets: new BigUint64Array(n + 1).map((_, i) => BigInt(i)), pinBoards: new Uint32Array(n),
    boardOffsets: BigUint64Array.of(0n, BigInt(n)), boardPins: new Uint32Array(n).map((_, i) => i) };
  const options = { walks: 100, hops: 3, stop: 0.5, restart: false, seed: 0n, stream: 0, folds: 0, fold: 0, neighbors: 50, cuda: false };
  const seeds = new Uint32Array(n).map((_, i) => i);
  const control = () => new BigInt64Array(4);
  const long = addon.openGraph(arrays, 0, 1, control()).then((graph) => ({
    walk: () => addon.neighborhoods(graph, arrays, seeds, options, undefined, undefined,
      new Uint32Array(n * 50), new Float32Array(n * 50), new Uint32Array(n), 2, control()) }));
`;
const addonPath = fileURLToPath(new URL('../build/Release/pinsage.node', import.meta.url));

function runNode(program: string) {
  return spawnSync(process.execPath, ['-e', LONG + program], {
    encoding: 'utf8',
    env: { ...process.env, PINSAGE_ADDON: addonPath },
  });
}

it('a call keeps Node from ending until it is done', () => {
  const { status, stdout } = runNode(`long.then(({ walk }) => { walk().then(() => console.log('walked')); });`);
  expect({ status, stdout }).toEqual({ status: 0, stdout: 'walked\n' });
});

it('Node can be made to end while calls are under way', () => {
  const { status, signal, stdout } = runNode(`long.then(({ walk }) => {
    for (let i = 0; i < 6; i++) walk().then(() => console.log('walked'));
    setTimeout(() => process.exit(7), 20);
  });`);
  expect({ status, signal, stdout }).toEqual({ status: 7, signal: null, stdout: '' });
});

it('a worker can be terminated while calls are under way, and others go on', async () => {
  const graph = await Graph.fromEdges(randomEdges(43, 2000, 300, 20_000), { pins: 2000, boards: 300 });
  const expected = await graph.neighborhoods(all(2000));
  const worker = new Worker(
    `${LONG} long.then(({ walk }) => { for (let i = 0; i < 6; i++) walk(); require('node:worker_threads').parentPort.postMessage(0); });`,
    { eval: true, workerData: { addon: addonPath } },
  );
  await new Promise((resolve) => worker.once('message', resolve));
  const own = graph.neighborhoods(all(2000));
  await worker.terminate();
  expect(await own).toEqual(expected);
  expect(await graph.neighborhoods(all(2000))).toEqual(expected);
});
