// One experiment with one seed in a process of its own, so that its memory is its own: node train.mjs '{"experiment": …, "seed": 0, "cache": …}'
import { embedPins } from '@pinsage/inference';
import { PinSage } from '@pinsage/model';
import { useBackend } from '@pinsage/tensor';
import { evaluate, presets, resolveConfig, Trainer } from '@pinsage/trainer';
import { open } from './data.mjs';

const { experiment, seed, cache } = JSON.parse(process.argv[2]);
await useBackend('pinsage');
const { dataset, split } = await open(experiment.data, cache);
const options = { ...experiment.trainer, seed };
const config = resolveConfig(options);
const { boardFeatures, ...settings } = experiment.model;
const shape = { ...presets[config.preset].model, ...settings };
const model = new PinSage({
  features: dataset.features,
  // As createModel does, unless it is what is compared.
  boardFeatures: (boardFeatures ?? (!shape.boardVector && config.folds > 1)) ? dataset.boardFeatures : [],
  pins: dataset.pins,
  boards: dataset.boards,
  ...shape,
  seed,
});
const { train, validation, test, coldEdges } = split;
const asksForNext = split.manifest.options.kind === 'last';
const start = performance.now();
const trainer = new Trainer(model, { dataset, graph: train, validation }, options);
await trainer.train();
const seconds = (performance.now() - start) / 1000;

const { maxRSS } = process.resourceUsage();
const embeddings = await embedPins(model, dataset, train);
const all = { baselines: [], queries: 100_000, resamples: 1 };
const measure = async (tasks, data) => {
  const evaluation = await evaluate(embeddings, { dataset, train, ...data }, { ...all, tasks });
  return evaluation.tasks.map(({ task, methods }) => ({
    task,
    ...Object.fromEntries(Object.entries(methods[0].metrics).map(([name, { mean }]) => [name, mean])),
  }));
};
const tasks = asksForNext
  ? [
      ...(await measure(['next'], { test: validation })).map((task) => ({ ...task, task: 'next valid' })),
      ...(await measure(['next'], { test })).map((task) => ({ ...task, task: 'next test' })),
    ]
  : await measure(coldEdges.pins.length > 0 ? ['home', 'cold'] : ['home'], { test, validation, coldEdges });
console.log(JSON.stringify({ seconds, steps: trainer.history.length, memory: maxRSS / 2 ** 20, tasks }));
process.exit(0);
