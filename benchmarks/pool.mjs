// How fast are the importance-pooled neighbours of all pins (a layer of embedding them)? Ours pools a part of the pins at once, as many as
// 64 MiB have room for, as embedding does; PyTorch's embedding_bag and our own pooling operation of the training step 4096 at once.
// `stream` reads all rows in order, as embedding does where they lie on a disk; here they are in memory, and 256 MiB for the sums.
//
// The limit is that memory copies every neighbour's row once; rows that a cache still has are read faster than that.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { largeArray, poolNeighbors, randomWords } from '@pinsage/native';
import { importancePool, useBackend } from '@pinsage/tensor';
import * as tf from '@tensorflow/tfjs-core';
import { compare, seconds } from './lib/compare.mjs';
import { startCopyProbe } from './lib/limits.mjs';
import { graphSetting } from './lib/setting.mjs';

const WIDTH = 256;
const BLOCK = 4096;
const cases = [
  { id: 'pool.t10', neighbors: 10 },
  { id: 'pool.t50', neighbors: 50 },
];

export default async function pool({ graph: directory, threads }) {
  await useBackend('pinsage');
  const setting = await graphSetting({ graph: directory, threads });
  const { graph, peer } = setting;
  const folder = await mkdtemp(join(tmpdir(), 'pinsage-pool-'));
  const copy = startCopyProbe(threads);
  const words = randomWords(5n, [0, 0, 0], 0, 2 ** 20);
  const rows = largeArray(Float32Array, graph.pins * WIDTH);
  for (let i = 0; i < rows.length; ++i) rows[i] = words[i % words.length] / 2 ** 32;
  const all = Uint32Array.from({ length: graph.pins }, (_, pin) => pin);
  const results = [];
  try {
    for (const { id, neighbors } of cases) {
      const { ids, weights, counts } = await graph.neighborhoods(all, { walks: 100, hops: 3, stop: 0.5, neighbors });
      const paths = { ids: join(folder, 'ids'), weights: join(folder, 'weights') };
      await writeFile(paths.ids, ids);
      await writeFile(paths.weights, weights);
      const entries = counts.reduce((sum, count) => sum + count, 0);

      /** Calls work(begin, end) for parts of the pins, one after the other. */
      const inParts = (size, work) =>
        seconds(async () => {
          for (let begin = 0; begin < graph.pins; begin += size) await work(begin, Math.min(begin + size, graph.pins));
        });
      const part = (begin, end) => ({
        ids: ids.subarray(begin * neighbors, end * neighbors),
        weights: weights.subarray(begin * neighbors, end * neighbors),
        neighbors,
      });
      const most = (memory) => Math.floor(memory / (4 * WIDTH + 20 * neighbors));
      const sums = largeArray(Float32Array, most(2 ** 28) * WIDTH);
      const pool = (stream) => () =>
        inParts(most(stream ? 2 ** 28 : 2 ** 26), async (begin, end) => {
          const out = sums.subarray(0, (end - begin) * WIDTH);
          await poolNeighbors(rows, part(begin, end), { width: WIDTH, stream, out });
        });
      const table = tf.tensor2d(rows, [graph.pins, WIDTH]);
      const operation = () =>
        inParts(BLOCK, async (begin, end) => {
          const { ids, weights } = part(begin, end);
          const shape = [end - begin, neighbors];
          tf.tidy(() => {
            const places = tf.tensor2d(new Int32Array(ids.buffer, ids.byteOffset, ids.length), shape, 'int32');
            importancePool(table, places, tf.tensor2d(weights, shape)).dataSync();
          });
        });
      const row = {
        work: `${graph.pins} pins, ${WIDTH} numbers, ${(entries / graph.pins).toFixed(1)} neighbours each on average; limit: copying their rows`,
        unit: 'pins/s',
        items: graph.pins,
        runOurs: pool(false),
        runLimit: async () => (entries * WIDTH * 4) / (await copy.bandwidth()),
        rounds: 5,
      };
      const torch = peer?.({ op: 'pool', ...paths, width: WIDTH, neighbors, per_call: BLOCK });
      const name = peer && 'torch embedding_bag';
      results.push(
        await compare({ ...row, id, peer: name, runPeer: torch }),
        await compare({ ...row, id: `${id}.stream`, peer: name, runPeer: torch, runOurs: pool(true) }),
        await compare({ ...row, id: `${id}.operation`, peer: 'ours, importancePool', runPeer: operation }),
      );
      table.dispose();
    }
  } finally {
    await rm(folder, { recursive: true });
    copy.close();
    setting.close();
  }
  return results;
}
