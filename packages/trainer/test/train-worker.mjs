// One worker of a training, as a program of its own: what it is to do comes as a message, and its reports go as such.
import { join } from 'node:path';
import { Dataset, Split } from '@pinsage/graph';
import { PinSage, RunDirectory } from '@pinsage/model';
import { setThreads } from '@pinsage/native';
import * as tf from '@tensorflow/tfjs-core';
import { Trainer, Workers } from '../dist/index.js';

process.on('disconnect', () => process.exit());
const task = await new Promise((resolve) => process.once('message', resolve));
const { directory, rank, size, port, options, run, wrongWeights } = task;
// The number of threads changes no bit.
setThreads(1 + (rank % 2));

async function meet() {
  if (size === 1) return undefined;
  const host = '127.0.0.1';
  if (rank > 0) return Workers.join({ host, port, token: 'secret', rank });
  return Workers.lead({ workers: size, token: 'secret', onOpen: (open) => process.send({ port: open }) });
}

const dataset = await Dataset.open(join(directory, 'data'));
const split = await Split.open(dataset, 'test');
const { features, pins, boards } = dataset;
const model = new PinSage({ features, pins, boards, ...task.model });
const controller = new AbortController();
process.on('message', (message) => message === 'abort' && controller.abort());
try {
  const workers = await meet();
  const trainer = new Trainer(
    model,
    { dataset, graph: split.train, validation: split.validation },
    { ...options, workers, run: run && rank === 0 ? await RunDirectory.open(run) : undefined },
  );
  for await (const { step, loss, gradientNorm } of trainer.run({ signal: controller.signal })) {
    process.send({ step, loss, gradientNorm });
    const [variable] = model.variables;
    if (wrongWeights === step) tf.tidy(() => variable.assign(tf.add(variable, 1e-6)));
  }
  const outcome = {
    weights: model.variables.map((variable) => [...variable.dataSync()]),
    shapes: model.variables.map(({ shape }) => shape),
    sent: workers?.group.sent,
  };
  // What does not fit the channel at once would be lost with it.
  await new Promise((resolve) => process.send(outcome, resolve));
  await workers?.close();
} catch ({ code, message, stack }) {
  process.send({ failure: { code, message, stack } });
}
process.disconnect();
