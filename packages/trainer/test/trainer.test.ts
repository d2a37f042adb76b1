import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Dataset, Split } from '@pinsage/graph';
import { embedPins } from '@pinsage/inference';
import { PinSage, type PinSageOptions, RunDirectory } from '@pinsage/model';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TrainerOptions } from '../src/config.js';
import { evaluate } from '../src/evaluate.js';
import type { StepReport } from '../src/step-report.js';
import { Trainer } from '../src/trainer.js';
import { communities, openSplit } from './datasets.js';

let directory: string;
let dataset: Dataset;
let split: Split;

beforeAll(async () => {
  directory = await communities({ pins: 400, boards: 120, communities: 10, size: 12 });
  ({ dataset, split } = await openSplit(directory));
});

afterAll(async () => {
  await split.close();
  await dataset.close();
  await rm(directory, { recursive: true });
});

const small: TrainerOptions = {
  batch: 64,
  block: 32,
  stepsPerEpoch: 5,
  epochs: 4,
  warmup: 3,
  neighborhoods: { walks: 20, neighbors: 5 },
  negatives: { shared: 30 },
};

function newModel(options: Partial<PinSageOptions> = {}): PinSage {
  return new PinSage({ features: dataset.features, width: 16, hidden: 24, output: 16, layers: 1, seed: 3, ...options });
}

function newTrainer(model: PinSage, options: TrainerOptions & { run?: RunDirectory } = {}): Trainer {
  return new Trainer(model, { dataset, graph: split.train, validation: split.validation }, { ...small, ...options });
}

function newRun(name: string): Promise<RunDirectory> {
  return RunDirectory.create(join(directory, name), {
    dataset: join(directory, 'data'),
    split: 'test',
    model: {},
    trainer: {},
  });
}

function weights(model: PinSage): number[][] {
  return model.variables.map((variable) => [...variable.dataSync()]);
}

/** What does not depend on the clock. */
function timeless(reports: StepReport[]) {
  return reports.map(({ seconds: _, waited: __, validation, ...rest }) => ({
    ...rest,
    recall: validation?.recallAt20,
  }));
}

async function lines(run: RunDirectory): Promise<StepReport[]> {
  const text = await readFile(run.metricsPath, 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

describe('training', () => {
  it.each([
    ['default', {}, 0.12],
    [
      'default with hard negatives and board masks',
      { negatives: { shared: 30, hard: 2, hardQueries: 8 }, mask: 'board' },
      0.12,
    ],
    ['default, both edges held out', { supervision: 'both', folds: 2 }, 0.12],
    // Without node dropout a pin that has no neighbours is nothing that the model knows.
    ['cross-entropy', { loss: 'cross-entropy', temperature: 0.2 }, 0],
    ['paper', { preset: 'paper', learningRate: 0.01, negatives: { shared: 30, hardFrom: 5, hardTo: 60 } }, 0],
  ] as [string, TrainerOptions, number][])('learns planted communities: %s', async (_, options, coldRecall) => {
    const model = newModel();
    const recallOf = async () => {
      const embeddings = await embedPins(model, dataset, split.train, { neighborhoods: { walks: 20, neighbors: 5 } });
      const data = {
        dataset,
        train: split.train,
        test: split.test,
        validation: split.validation,
        coldEdges: split.coldEdges,
      };
      const result = await evaluate(embeddings, data, { baselines: [], resamples: 10 });
      embeddings.close();
      return result.tasks.map((task) => task.methods[0].metrics['recall@20'].mean);
    };
    const history = await newTrainer(model, { ...options, epochs: 12, patience: null }).train();
    const mean = (reports: StepReport[]) => reports.reduce((sum, report) => sum + report.loss, 0) / reports.length;
    expect(history.length).toBe(60);
    expect(mean(history.slice(-10))).toBeLessThan(0.93 * mean(history.slice(0, 5)));
    const [home, related, cold] = await recallOf();
    // Of 400 pins 40 are of the right community: a perfect guess of the community alone has 20 of about 30 candidates that are left.
    expect(home).toBeGreaterThan(0.3);
    expect(related).toBeGreaterThan(0.25);
    expect(cold).toBeGreaterThan(coldRecall);
    model.dispose();
  });

  it('reports every step, validates every epoch and ends with the best weights', async () => {
    const model = newModel();
    const trainer = newTrainer(model);
    const epochs: number[] = [];
    const recalls: number[] = [];
    const history = await trainer.train({
      onEpoch: (epoch) => epochs.push(epoch),
      onValidation: (result) => recalls.push(result.recallAt20),
    });
    expect(history.map((report) => report.step)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    expect(epochs).toEqual([1, 2, 3, 4]);
    expect(history.filter((report) => report.validation).map((report) => report.step)).toEqual([5, 10, 15, 20]);
    expect(trainer.waitingShare).toBeGreaterThan(0);
    expect(trainer.waitingShare).toBeLessThan(1);
    const best = recalls.indexOf(Math.max(...recalls));
    const again = newModel();
    await newTrainer(again, { steps: 5 * (best + 1), patience: null }).train();
    expect(weights(model)).toEqual(weights(again));
    model.dispose();
    again.dispose();
  });

  it('stops early when validation stays worse', async () => {
    const model = newModel();
    const history = await newTrainer(model, { learningRate: 0, epochs: 10, patience: 2 }).train();
    // The first validation is the best; two equal ones follow.
    expect(history.length).toBe(15);
    model.dispose();
  });

  it('lets the event loop run in every step', async () => {
    const model = newModel();
    let turns = 0;
    const timer = setInterval(() => turns++, 0);
    await newTrainer(model).train();
    clearInterval(timer);
    expect(turns).toBeGreaterThanOrEqual(20);
    model.dispose();
  });

  it('learns from given pairs', async () => {
    const model = newModel();
    const pins = Uint32Array.from({ length: 300 }, (_, i) => i % 100);
    const pairs = { queries: pins, items: pins.map((pin, i) => (pin + 10 * (1 + (i % 7))) % 400) };
    const trainer = new Trainer(model, { dataset, graph: split.train, pairs }, { ...small, setQuery: 1 });
    const history = await trainer.train();
    expect(history.at(-1)!.loss).toBeLessThan(history[0].loss);
    expect(() => newTrainer(model, { timeWindow: 5 })).toThrow(/timeWindow/);
    model.dispose();
  });
});

describe('a run directory', () => {
  it('resumes after a kill to the same bits, history and metrics.jsonl', async () => {
    const whole = newModel();
    const first = newTrainer(whole, { run: await newRun('whole') });
    const expected = timeless(await first.train());

    const run = await newRun('killed');
    const killed = newModel();
    // Leaving the loop writes no checkpoint: as after kill -9, the last one is that of step 10.
    for await (const report of newTrainer(killed, { run }).run()) if (report.step === 13) break;
    expect((await lines(run)).length).toBe(13);
    const resumed = newModel();
    const second = newTrainer(resumed, { run: await RunDirectory.open(run.path) });
    const steps: number[] = [];
    for await (const report of second.run()) steps.push(report.step);

    expect(steps).toEqual([11, 12, 13, 14, 15, 16, 17, 18, 19, 20]);
    expect(weights(resumed)).toEqual(weights(whole));
    expect(timeless(second.history)).toEqual(expected);
    expect(timeless(await lines(run))).toEqual(expected);
    const loaded = await PinSage.load(run.modelPath);
    expect(weights(loaded)).toEqual(weights(whole));
    const checkpoints = (await readdir(run.path)).filter((name) => name.startsWith('checkpoint'));
    expect(checkpoints.sort()).toEqual(['checkpoint-00000015', 'checkpoint-00000020']);
    for (const model of [whole, killed, resumed, loaded]) model.dispose();
  });

  it.each([7, 10])('saves a checkpoint on abort after step %d, and goes on from it to the same bits', async (at) => {
    const whole = newModel();
    await newTrainer(whole).train();
    const run = await newRun(`aborted-${at}`);
    const controller = new AbortController();
    const aborted = newModel();
    const attempt = newTrainer(aborted, { run }).train({
      signal: controller.signal,
      // In step 10 in the middle of its validation, which then has to be made up for.
      onStep: (report) => report.step === 7 && at === 7 && controller.abort(),
      onEpoch: (epoch) => epoch === 1 && at === 10 && abortInValidation(controller, aborted),
    });
    await expect(attempt).rejects.toMatchObject({ code: 'ABORTED', message: expect.stringContaining(`step ${at}`) });
    const resumed = newModel();
    await newTrainer(resumed, { run: await RunDirectory.open(run.path) }).train();
    expect(weights(resumed)).toEqual(weights(whole));
    expect((await lines(run)).map((report) => report.step)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    for (const model of [whole, aborted, resumed]) model.dispose();
  });

  /** Aborts when all pins are embedded next: inputs() of more pins than a batch has rows. */
  function abortInValidation(controller: AbortController, model: PinSage): void {
    const inputs = model.inputs.bind(model);
    model.inputs = (features) => {
      const h0 = inputs(features);
      if (h0.shape[0] === dataset.pins) controller.abort();
      return h0;
    };
  }

  it('refuses to go on with another configuration', async () => {
    const run = await newRun('other');
    const model = newModel();
    await newTrainer(model, { run, steps: 5 }).train();
    const other = newTrainer(newModel(), { run, batch: 32 });
    await expect(other.train()).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', argument: 'batch' });
    const longer = newTrainer(newModel(), { run, steps: 8 });
    expect((await longer.train()).map((report) => report.step)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('refuses a damaged checkpoint, loses nothing, and goes on from the one before', async () => {
    const run = await newRun('damaged');
    const whole = newModel();
    await newTrainer(whole, { run, steps: 12 }).train();
    const log = await readFile(run.metricsPath, 'utf8');
    const last = run.checkpointPath(12);
    const resume = async () => {
      const model = newModel();
      const trainer = newTrainer(model, { run: await RunDirectory.open(run.path), steps: 12 });
      await trainer.train().finally(() => model.dispose());
    };
    const state = await readFile(join(last, 'state.json'), 'utf8');
    for (const broken of [
      '',
      'null',
      '[]',
      '{"version": 1}',
      state.slice(0, 100),
      state.replace('"step":12', '"step":7'),
    ]) {
      await writeFile(join(last, 'state.json'), broken);
      await expect(resume()).rejects.toMatchObject({ code: 'FILE_CORRUPT', message: expect.stringContaining(last) });
    }
    await writeFile(join(last, 'state.json'), state.replace('"version":1', '"version":2'));
    await expect(resume()).rejects.toMatchObject({ code: 'FILE_VERSION' });
    await writeFile(join(last, 'state.json'), state);
    for (const name of ['model.safetensors', 'optimizer.safetensors']) {
      const bytes = await readFile(join(last, name));
      const flipped = Buffer.from(bytes);
      flipped[bytes.length - 9] ^= 4;
      for (const broken of [flipped, bytes.subarray(0, bytes.length >> 1), Buffer.alloc(0)]) {
        await writeFile(join(last, name), broken);
        await expect(resume()).rejects.toMatchObject({ code: 'FILE_CORRUPT', message: expect.stringContaining(last) });
      }
      await rm(join(last, name));
      await expect(resume()).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
      await writeFile(join(last, name), bytes);
    }
    expect(await readFile(run.metricsPath, 'utf8')).toBe(log);

    await rm(last, { recursive: true });
    await resume();
    const loaded = await PinSage.load(run.modelPath);
    expect(weights(loaded)).toEqual(weights(whole));
    expect(loaded.neighborhoods).toEqual({ walks: 20, hops: 3, stop: 0.5, neighbors: 5, quotas: null, seed: 0n });
    for (const model of [whole, loaded]) model.dispose();
  });

  it('is written by one trainer at a time', async () => {
    const run = await newRun('locked');
    const iterator = newTrainer(newModel(), { run }).run();
    await iterator.next();
    const second = newTrainer(newModel(), { run: await RunDirectory.open(run.path) });
    await expect(second.train()).rejects.toMatchObject({ code: 'LOCKED' });
    await iterator.return();
    const third = newTrainer(newModel(), { run: await RunDirectory.open(run.path), steps: 2 });
    expect((await third.train()).length).toBe(2);
  });
});

it('does not leak tensors', async () => {
  const { memory } = await import('@tensorflow/tfjs-core');
  const model = newModel();
  const trainer = newTrainer(model);
  const counts: number[] = [];
  for await (const report of trainer.run())
    if (report.step === 6 || report.step === 16) counts.push(memory().numTensors);
  expect(counts[1]).toBe(counts[0]);
  model.dispose();
});
