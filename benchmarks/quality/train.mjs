// One experiment with one seed in a process of its own, so that its memory is its own: node train.mjs '{"experiment": …, "seed": 0, "cache": …}'
import { embedPins } from '@pinsage/inference';
import { PinSage } from '@pinsage/model';
import { useBackend } from '@pinsage/tensor';
import { evaluate, presets, resolveConfig, Trainer } from '@pinsage/trainer';
import { open } from './data.mjs';

const { experiment, seed, cache } = JSON.parse(process.argv[2]);
await useBackend('pinsage');
const { dataset, split } = await open(experiment.data, cache);
const { train, validation, test, coldEdges } = split;
const start = performance.now();
const embeddings = experiment.baseline === undefined ? await trained() : undefined;
const training = cost();
const tasks = await measured();
// A simpler method is fitted when it is asked.
console.log(JSON.stringify({ ...(embeddings ? training : cost()), tasks }));
process.exit(0);

/** Seconds and GiB so far. */
function cost() {
  return { seconds: (performance.now() - start) / 1000, memory: process.resourceUsage().maxRSS / 2 ** 20 };
}

/** Embeddings of all pins by the experiment's model. */
async function trained() {
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
  await new Trainer(model, { dataset, graph: train, validation }, options).train();
  return embedPins(model, dataset, train);
}

/** Means of the tasks' metrics over all queries. */
async function measured() {
  if (split.manifest.options.kind === 'last') {
    return [
      ...(await measure(['next'], { test: validation })).map((task) => ({ ...task, task: 'next valid' })),
      ...(await measure(['next'], { test })).map((task) => ({ ...task, task: 'next test' })),
    ];
  }
  // The weights of a mix are found for home feeds.
  const tasks = coldEdges.pins.length > 0 && experiment.mix === undefined ? ['home', 'cold'] : ['home'];
  return measure(tasks, { test, validation, coldEdges });
}

async function measure(tasks, heldOut) {
  const { baseline, mix } = experiment;
  const options = { tasks, baselines: baseline ? [baseline] : [], mix, queries: 100_000, resamples: 1, seed };
  const evaluation = await evaluate(embeddings, { dataset, train, ...heldOut }, options);
  return evaluation.tasks.map(({ task, methods }) => {
    const { metrics } = methods.find(({ method }) => method === (baseline ?? (mix ? 'mix' : 'pinsage')));
    return { task, ...Object.fromEntries(Object.entries(metrics).map(([name, { mean }]) => [name, mean])) };
  });
}
