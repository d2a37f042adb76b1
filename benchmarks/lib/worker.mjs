// One of the processes that workers.mjs measures: does what a message says, and answers with seconds.
import { Dataset, Split } from '@pinsage/graph';
import { PinSage } from '@pinsage/model';
import { setThreads } from '@pinsage/native';
import { Trainer, Workers } from '@pinsage/trainer';

const PIECE = 2 ** 20;

/** Seconds that all workers take to sum so many numbers, in the pieces that gradients travel in. */
async function sum({ numbers, wire, rounds }, workers) {
  const pieces = Array.from({ length: Math.ceil(numbers / PIECE) }, () => new Float32Array(PIECE).fill(1e-3));
  const seconds = [];
  for (let round = -2; round < rounds; round++) {
    await workers.exchange([0]);
    const start = performance.now();
    const operations = pieces.map((piece) => workers.group.allReduce([piece], wire));
    operations.at(-1).wait();
    if (round >= 0) seconds.push((performance.now() - start) / 1000);
  }
  return seconds;
}

/** Seconds of the steps of a training, after the first ones. */
async function train({ directory, split: name, steps, options }, workers) {
  const dataset = await Dataset.open(directory);
  const split = await Split.open(dataset, name);
  const model = new PinSage({ features: dataset.features, layers: 1 });
  const trainer = new Trainer(model, { dataset, graph: split.train }, { ...options, steps: steps + 10, workers });
  const seconds = [];
  let last = performance.now();
  for await (const { step } of trainer.run()) {
    const now = performance.now();
    if (step > 10) seconds.push((now - last) / 1000);
    last = now;
  }
  return seconds;
}

process.once('message', async (task) => {
  setThreads(task.threads);
  const { rank, size, port } = task;
  const onOpen = (open) => process.send({ port: open });
  let workers;
  if (size > 1 && rank === 0) workers = await Workers.lead({ workers: size, token: 'benchmark', onOpen });
  if (rank > 0) workers = await Workers.join({ host: '127.0.0.1', port, token: 'benchmark', rank });
  const seconds = await (task.kind === 'sum' ? sum : train)(task, workers);
  process.send({ seconds });
  await workers?.close();
  process.disconnect();
});
