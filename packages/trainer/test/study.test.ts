import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Dataset, Split } from '@pinsage/graph';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createModel } from '../src/create-model.js';
import { Trainer } from '../src/trainer.js';
import { Study, type StudyData, type StudyOptions } from '../src/tune/study.js';
import type { Trial } from '../src/tune/trial.js';
import { communities, openSplit } from './datasets.js';

let directory: string;
let dataset: Dataset;
let split: Split;
let data: StudyData;

beforeAll(async () => {
  directory = await communities({ pins: 200, boards: 60, communities: 10, size: 10 });
  ({ dataset, split } = await openSplit(directory));
  data = { dataset, split, splitName: 'test' };
});

afterAll(async () => {
  await split.close();
  await dataset.close();
  await rm(directory, { recursive: true });
});

const options: StudyOptions = {
  space: {
    'trainer.learningRate': { type: 'float', low: 0.0001, high: 0.05, log: true },
    'trainer.negatives.shared': { type: 'integer', low: 5, high: 30 },
    'model.layers': { type: 'choice', values: [0, 1] },
  },
  base: {
    model: { width: 8, hidden: 8, output: 8 },
    trainer: { batch: 32, block: 16, stepsPerEpoch: 2, neighborhoods: { walks: 10, neighbors: 3 } },
  },
  trials: 5,
  steps: 6,
  reduction: 2,
  seed: 2,
};

/** What does not depend on the clock. */
function timeless(trials: Trial[]) {
  return trials.map(({ seconds: _, validations, ...rest }) => ({
    ...rest,
    validations: validations.map(({ seconds: __, ...validation }) => validation),
  }));
}

const logOf = (path: string) => readFile(join(path, 'trials.jsonl'), 'utf8');

async function finished(name: string, changes: StudyOptions = {}): Promise<Study> {
  const study = await Study.create(join(directory, name), data, { ...options, ...changes });
  await study.run();
  return study;
}

describe('a study', () => {
  it('runs its trials, stops bad ones and leaves neither runs nor tensors behind', async () => {
    const { numTensors } = tf.memory();
    const study = await finished('whole');
    expect(tf.memory().numTensors).toBe(numTensors);
    expect(study.trials).toHaveLength(5);
    const outcomes = study.trials.map(({ outcome }) => outcome);
    expect(new Set(outcomes)).toEqual(new Set(['complete', 'stopped']));
    for (const { outcome, steps, validations, value } of study.trials) {
      if (outcome === 'complete') expect(steps).toBe(6);
      else expect(steps).toBeLessThan(6);
      expect(validations.map(({ step }) => step)).toEqual([2, 4, 6].slice(0, steps / 2));
      expect(value).toBe(Math.max(...validations.map(({ recallAt20 }) => recallAt20)));
    }
    const values = study.trials.flatMap(({ outcome, value }) => (outcome === 'complete' ? [value!] : []));
    expect(study.best!.value).toBe(Math.max(...values));
    expect((await readdir(study.path)).sort()).toEqual(['study.json', 'trials.jsonl']);
  });

  it('has trials that training by hand repeats', async () => {
    const study = await finished('by-hand', { trials: 1 });
    const { model: given, trainer: settings } = study.settingsOf(study.trials[0]);
    const model = createModel(dataset, given, settings);
    const trainer = new Trainer(model, { dataset, graph: split.train, validation: split.validation }, settings);
    const history = await trainer.train();
    expect(history.flatMap(({ validation }) => validation?.recallAt20 ?? [])).toEqual(
      study.trials[0].validations.map(({ recallAt20 }) => recallAt20),
    );
    model.dispose();
  });

  it('is the same wherever it was killed', { timeout: 300_000 }, async () => {
    const whole = await finished('reference');
    const lines = (await logOf(whole.path)).trimEnd().split('\n');
    expect(lines.length).toBeGreaterThan(15);
    for (let kept = 0; kept <= lines.length; kept++) {
      const path = join(directory, `killed-${kept}`);
      await mkdir(path);
      await cp(join(whole.path, 'study.json'), join(path, 'study.json'));
      // Half of the next line is there too.
      const half = (lines[kept] ?? '').slice(0, 20);
      await writeFile(
        join(path, 'trials.jsonl'),
        `${lines
          .slice(0, kept)
          .map((line) => `${line}\n`)
          .join('')}${half}`,
      );
      const study = await Study.open(path, data);
      const ended = study.trials.filter(({ outcome }) => outcome !== undefined).length;
      const started: number[] = [];
      await study.run({ onStart: ({ number }) => started.push(number) });
      expect(started).toEqual([0, 1, 2, 3, 4].slice(ended));
      expect(timeless(study.trials)).toEqual(timeless(whole.trials));
      expect(timeless((await Study.open(path, data)).trials)).toEqual(timeless(whole.trials));
      await rm(path, { recursive: true });
    }
  });

  it('goes on with an interrupted trial from its checkpoint', async () => {
    const whole = await Study.open(join(directory, 'reference'), data);
    const path = join(directory, 'interrupted');
    const study = await Study.create(path, data, options);
    const controller = new AbortController();
    const run = study.run({
      signal: controller.signal,
      onStep: ({ number }, { step }) => number === 0 && step === 3 && controller.abort(),
    });
    await expect(run).rejects.toMatchObject({ code: 'ABORTED', message: expect.stringContaining('trial 0') });
    expect((await readdir(path)).sort()).toEqual(['study.json', 'trial-0000', 'trials.jsonl']);

    const again = await Study.open(path, data);
    const steps: number[] = [];
    await again.run({ onStep: ({ number }, { step }) => number === 0 && steps.push(step) });
    expect(steps).toEqual([4, 5, 6]);
    expect(timeless(again.trials)).toEqual(timeless(whole.trials));
    expect(await readdir(path)).not.toContain('trial-0000');
  });

  it('makes up for what the log had not yet heard of a checkpoint, and hears nothing twice', async () => {
    const whole = await Study.open(join(directory, 'reference'), data);
    const path = join(directory, 'behind');
    const study = await Study.create(path, data, options);
    const controller = new AbortController();
    const onStep = ({ number }: Trial, { step }: { step: number }) => number === 0 && step === 5 && controller.abort();
    await expect(study.run({ signal: controller.signal, onStep })).rejects.toMatchObject({ code: 'ABORTED' });
    const [start] = (await logOf(path)).split('\n');
    await writeFile(join(path, 'trials.jsonl'), `${start}\n`);
    const again = await Study.open(path, data);
    await again.run();
    expect(timeless(again.trials)).toEqual(timeless(whole.trials));
  });

  it('goes on for more trials', async () => {
    const path = join(directory, 'longer');
    await (await Study.create(path, data, { ...options, trials: 2 })).run();
    const longer = await Study.open(path, data, { trials: 5 });
    expect(longer.config.trials).toBe(5);
    await longer.run();
    expect(timeless(longer.trials)).toEqual(timeless((await Study.open(join(directory, 'reference'), data)).trials));
    expect((await Study.read(path)).trials).toBe(5);
  });

  it('goes on after a trial that cannot be trained, and says why', async () => {
    const space: StudyOptions['space'] = { 'model.width': { type: 'choice', values: [8, 0] } };
    const study = await finished('failing', { space, trials: 6, reduction: 1 });
    const failed = study.trials.filter(({ outcome }) => outcome === 'failed');
    expect(failed.length).toBeGreaterThan(0);
    expect(failed.length).toBeLessThan(6);
    for (const { values, message, value } of failed) {
      expect(values).toEqual({ 'model.width': 0 });
      expect(message).toContain('width is 0');
      expect(value).toBeNull();
    }
    expect(study.best!.values).toEqual({ 'model.width': 8 });
  });
});

describe('a study refuses', () => {
  it('another study in its place, or none', async () => {
    await finished('here', { trials: 1 });
    await expect(Study.create(join(directory, 'here'), data, options)).rejects.toMatchObject({ code: 'FILE_EXISTS' });
    await expect(Study.open(join(directory, 'nowhere'), data)).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
  });

  it.each([
    ['space', { space: { 'model.layers': { type: 'integer', low: 0, high: 1 } } }],
    ['steps', { steps: 7 }],
    ['metric', { metric: 'ndcg@20' }],
    ['reduction', { reduction: 3 }],
    ['grace', { grace: 2 }],
    ['seed', { seed: 3 }],
  ] as [string, StudyOptions][])('another %s on resume', async (argument, changes) => {
    const open = Study.open(join(directory, 'here'), data, changes);
    await expect(open).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', argument });
  });

  it('another dataset or split on resume', async () => {
    const other = await Split.create(dataset, 'other', { validation: 0.2, test: 0.1, force: true });
    const changed = Study.open(join(directory, 'here'), { ...data, split: other });
    await expect(changed).rejects.toMatchObject({ argument: 'dataset' });
    const renamed = Study.open(join(directory, 'here'), { ...data, splitName: 'other' });
    await expect(renamed).rejects.toMatchObject({ argument: 'split' });
    await other.close();
  });

  it.each([
    ['trials', { trials: 0 }],
    ['steps', { steps: 0 }],
    ['metric', { metric: 'luck' }],
    ['reduction', { reduction: 0 }],
    ['grace', { grace: 0 }],
    ['seed', { seed: -1 }],
    ['space', { space: {} }],
    ['batch', { base: { trainer: { batch: 0 } } }],
  ] as [string, StudyOptions][])('bad %s', async (argument, changes) => {
    const create = Study.create(join(directory, 'bad'), data, { ...options, ...changes });
    await expect(create).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', argument });
  });

  it('a split without edges to validate on', async () => {
    const none = await Split.create(dataset, 'none', { validation: 0, test: 0.1, force: true });
    const create = Study.create(join(directory, 'bad'), { ...data, split: none }, options);
    await expect(create).rejects.toMatchObject({ argument: 'split' });
    await none.close();
  });

  it('files that are damaged or newer', async () => {
    const path = join(directory, 'here');
    const log = await logOf(path);
    const config = await readFile(join(path, 'study.json'), 'utf8');
    const open = () => Study.open(path, data);
    const corrupt = { code: 'FILE_CORRUPT' };
    for (const text of [`nonsense\n${log}`, log.replace('"start"', '"begin"'), log.split('\n').slice(1).join('\n')]) {
      await writeFile(join(path, 'trials.jsonl'), text);
      await expect(open()).rejects.toMatchObject(corrupt);
    }
    await writeFile(join(path, 'trials.jsonl'), log);
    for (const text of ['{', '[]', config.replace('pinsage-study', 'pinsage-run')]) {
      await writeFile(join(path, 'study.json'), text);
      await expect(open()).rejects.toMatchObject(corrupt);
    }
    await writeFile(join(path, 'study.json'), config.replace('"version": 1', '"version": 2'));
    await expect(open()).rejects.toMatchObject({ code: 'FILE_VERSION' });
    await writeFile(join(path, 'study.json'), config);
    expect((await open()).trials).toHaveLength(1);
  });

  it('a second process, or a second run at once', async () => {
    const study = await Study.create(join(directory, 'busy'), data, { ...options, trials: 1 });
    const first = study.run();
    await expect((await Study.open(study.path, data)).run()).rejects.toMatchObject({ code: 'LOCKED' });
    await first;
  });
});
