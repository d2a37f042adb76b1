// Does training keep the machine busy? One epoch of the demo's training, after a first one that is not counted.
import { fileURLToPath } from 'node:url';
import { prepareCollection, Split } from '@pinsage/graph';
import { PinSage } from '@pinsage/model';
import { Trainer } from '@pinsage/trainer';

const out = fileURLToPath(new URL('.cache/demo', import.meta.url));

export default async function epoch({ threads }) {
  const { dataset, name } = await prepareCollection('auto', { out });
  const split = await Split.create(dataset, 'benchmark', { coldPins: 0.02, force: true });
  const model = new PinSage({ features: dataset.features, layers: 1 });
  const trainer = new Trainer(model, { dataset, graph: split.train }, { epochs: 2 });
  let start = performance.now();
  let cpu = process.cpuUsage();
  let waited = 0;
  let seconds = 0;
  for await (const step of trainer.run()) {
    if (step.epoch === 1) {
      [start, cpu] = [performance.now(), process.cpuUsage()];
      continue;
    }
    waited += step.waited;
    seconds = (performance.now() - start) / 1000;
  }
  const used = process.cpuUsage(cpu);
  const busy = (used.user + used.system) / 1e6 / ((performance.now() - start) / 1000) / threads;
  model.dispose();
  await split.close();
  await dataset.close();
  const percent = (share) => `${(100 * share).toFixed(1)} %`;
  return [
    {
      id: 'epoch.demo',
      work: `an epoch of training on ${name}: waits for batches ${percent(waited / seconds)} of the time, cores busy ${percent(busy)}`,
      unit: 'seconds',
      peer: null,
      peerMedian: null,
      oursMedian: seconds,
      ratio: null,
      limitShare: busy,
      spread: { ours: 0, peer: null, ratio: null },
      target: null,
      rounds: 1,
      waiting: waited / seconds,
    },
  ];
}
