// What do several processes bring, and what does it cost that they exchange gradients? Steps of the demo's training in one process with
// two threads and in two with one thread each, which share the batch; and the sum of 10 million numbers of two processes, beside the same by
// torch.distributed on Gloo. Those of 16 bits are summed in 16 bits there, and in 32 here.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { prepareCollection, Split } from '@pinsage/graph';
import { rowOf } from './lib/compare.mjs';
import { startPeer } from './lib/peer.mjs';

const out = fileURLToPath(new URL('.cache/demo', import.meta.url));
const program = fileURLToPath(new URL('lib/worker.mjs', import.meta.url));

/** The seconds that worker 0 of so many measures. */
async function measure(size, task) {
  const children = Array.from({ length: size }, () => fork(program));
  const exits = children.map((child) => new Promise((resolve) => child.on('exit', resolve)));
  const start = (rank, port) => children[rank].send({ ...task, rank, size, port });
  const seconds = new Promise((resolve, reject) => {
    children[0].on('disconnect', () => reject(new Error('a worker failed')));
    children[0].on('message', (message) => {
      if (message.seconds !== undefined) resolve(message.seconds);
      else for (let rank = 1; rank < size; rank++) start(rank, message.port);
    });
  });
  start(0);
  const result = await seconds;
  await Promise.all(exits);
  return result;
}

function row(id, work, oursSeconds, peerSeconds = oursSeconds.map(() => Number.NaN), peer = null) {
  return rowOf({ id, work, unit: 'seconds', peer, peerSeconds, oursSeconds });
}

export default async function workers() {
  const rows = [];
  const peer = await startPeer('sums.py', { threads: 1 });
  for (const wire of ['f32', 'f16', 'bf16']) {
    const task = { numbers: 10_000_000, wire, rounds: 15 };
    const ours = await measure(2, { kind: 'sum', ...task, threads: 1 });
    const theirs = peer === null ? undefined : (await peer.call(task)).seconds;
    const work = `the sum of 10 M numbers of two processes, as ${wire}`;
    rows.push(row(`workers.sum.${wire}`, work, ours, theirs, peer && 'torch.distributed'));
  }
  peer?.close();
  const { dataset, name } = await prepareCollection('auto', { out });
  const split = await Split.create(dataset, 'benchmark', { coldPins: 0.02, force: true });
  const task = { kind: 'train', directory: dataset.directory, split: 'benchmark', steps: 40 };
  await split.close();
  await dataset.close();
  const alone = await measure(1, { ...task, threads: 2 });
  for (const compression of ['f32', 'f16']) {
    const shared = await measure(2, { ...task, threads: 1, options: { compression } });
    const work = `a step of training on ${name}, batch 1024, in two processes with a thread each; gradients as ${compression}`;
    rows.push(row(`workers.step.${compression}`, work, shared, alone, 'one process, 2 threads'));
  }
  return rows;
}
