import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { Graph } from '../lib/index.js';
import { all, randomEdges } from './support.js';

// Workers load the addon itself: Node runs no TypeScript there.
const PROGRAM = `
  const { parentPort, workerData } = require('node:worker_threads');
  const addon = require(workerData.addon);
  const { arrays, seeds, options } = workerData;
  const n = seeds.length * options.neighbors;
  const control = () => new BigInt64Array(3);
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
    ...{ walks: 100, hops: 3, stop: 0.5, restart: false, seed: 0n, stream: 0, folds: 0, fold: 0 },
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
