import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RunDirectory } from '@pinsage/model';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TrainerOptions } from '../src/config.js';
import { obstacleOf } from '../src/workers/device-sum.js';
import { communities, openSplit } from './datasets.js';

const PROGRAM = fileURLToPath(new URL('train-worker.mjs', import.meta.url));

let directory: string;

beforeAll(async () => {
  directory = await communities({ pins: 300, boards: 90, communities: 8, size: 12 });
  const { dataset, split } = await openSplit(directory);
  await split.close();
  await dataset.close();
});

afterAll(() => rm(directory, { recursive: true }));

interface Step {
  step: number;
  loss: number;
  gradientNorm: number;
}

interface Outcome {
  steps: Step[];
  weights?: number[][];
  shapes?: number[][];
  /** Bytes. */
  sent?: number;
  failure?: { code: string; message: string; stack: string };
}

interface Task {
  options: TrainerOptions;
  model?: object;
  run?: string;
  onStep?: (step: number, worker: ChildProcess, rank: number) => void;
  /** What one worker does otherwise. */
  other?: Record<number, { options?: TrainerOptions; wrongWeights?: number }>;
}

const small: TrainerOptions = {
  batch: 48,
  block: 32,
  steps: 50,
  stepsPerEpoch: 20,
  warmup: 5,
  patience: null,
  checksumEvery: 10,
  learningRate: 0.003,
  neighborhoods: { walks: 20, neighbors: 5 },
  negatives: { shared: 25 },
};

/** Trains with so many processes, and says what came of each. */
async function train(size: number, task: Task): Promise<Outcome[]> {
  const children = Array.from({ length: size }, () => fork(PROGRAM));
  const outcomes = children.map((child, rank) => follow(child, rank, task));
  const start = (rank: number, port?: number) =>
    children[rank].send({
      ...{ directory, rank, size, port, run: task.run, ...task.other?.[rank] },
      options: { ...small, ...task.options, ...task.other?.[rank]?.options },
      model: { width: 16, hidden: 16, output: 8, layers: 1, seed: 3, ...task.model },
    });
  children[0].on('message', ({ port }: { port?: number }) => {
    if (port !== undefined) for (let rank = 1; rank < size; rank++) start(rank, port);
  });
  start(0);
  return Promise.all(outcomes);
}

function follow(child: ChildProcess, rank: number, { onStep }: Task): Promise<Outcome> {
  const outcome: Outcome = { steps: [] };
  child.on('message', (message: Partial<Step> & Partial<Outcome>) => {
    if (message.step !== undefined) {
      outcome.steps.push(message as Step);
      onStep?.(message.step, child, rank);
    } else Object.assign(outcome, message);
  });
  // Its last messages may come after its exit.
  return Promise.all([once(child, 'exit'), once(child, 'disconnect')]).then(() => outcome);
}

const failures = (outcomes: Outcome[]) => outcomes.map(({ failure }) => failure);

describe('N workers with a share of the batch are one worker with all of it', () => {
  it.each([
    ['the default', { options: {} }],
    [
      'max-margin, two layers, hard and own negatives',
      {
        options: {
          ...{ loss: 'max-margin', setQuery: 3 },
          negatives: { shared: 25, own: 1, hard: 2, hardQueries: 9, hardFrom: 5, hardTo: 60 },
        },
        model: { layers: 2 },
      },
    ],
    [
      'cross-entropy, and learned vectors and biases',
      {
        options: { loss: 'cross-entropy' },
        model: { pinVector: true, pinBias: true, boardVector: true },
      },
    ],
  ] as [string, Task][])('%s', async (_, task) => {
    const [alone] = await train(1, task);
    expect(alone.failure).toBeUndefined();
    expect(alone.steps.length).toBe(50);
    for (const size of [2, 3]) {
      const outcomes = await train(size, task);
      expect(failures(outcomes)).toEqual(outcomes.map(() => undefined));
      for (const { steps, weights } of outcomes) {
        const worst = Math.max(...steps.map(({ loss }, i) => Math.abs(loss - alone.steps[i].loss)));
        expect(steps.length).toBe(50);
        expect(worst).toBeLessThan(1e-5);
        // The same bits on all workers.
        expect(steps).toEqual(outcomes[0].steps);
        expect(weights).toEqual(outcomes[0].weights);
      }
    }
  });
});

async function newRun(name: string): Promise<RunDirectory> {
  const dataset = join(directory, 'data');
  return RunDirectory.create(join(directory, name), { dataset, split: 'test', model: {}, trainer: {} });
}

describe('a run of several workers', () => {
  it('ends with an error when one is killed, and goes on with any number of them', async () => {
    const options = { steps: 40 };
    const [alone] = await train(1, { options });
    const run = await newRun('killed');
    const onStep = (step: number, worker: ChildProcess, rank: number) => {
      if (step === 13 && rank === 2) worker.kill('SIGKILL');
    };
    const killed = await train(3, { options, run: run.path, onStep });
    for (const rank of [0, 1]) {
      expect(killed[rank].failure).toMatchObject({
        code: 'PEER_LOST',
        message: expect.stringContaining('Worker 2 of 3 was lost: it was killed, or its machine is gone'),
      });
    }
    const done = killed[0].steps.length;
    expect(killed[0].failure?.message).toContain(run.checkpointPath(done));
    const both = await train(2, { options: { steps: 25 }, run: run.path });
    expect(failures(both)).toEqual([undefined, undefined]);
    expect(both[1].steps.map(({ step }) => step)).toEqual(Array.from({ length: 25 - done }, (_, i) => done + 1 + i));
    const [last] = await train(1, { options, run: run.path });
    const losses = [...killed[0].steps, ...both[0].steps, ...last.steps];
    expect(losses.map(({ step }) => step)).toEqual(alone.steps.map(({ step }) => step));
    losses.forEach(({ loss }, i) => {
      expect(Math.abs(loss - alone.steps[i].loss)).toBeLessThan(1e-5);
    });
  });

  it('is aborted by any of them, with a checkpoint', async () => {
    const run = await newRun('aborted');
    const onStep = (step: number, worker: ChildProcess, rank: number) => {
      if (step === 7 && rank === 1) worker.send('abort');
    };
    const [first, second] = await train(2, { options: {}, run: run.path, onStep });
    expect(second.failure).toMatchObject({ code: 'ABORTED' });
    expect(first.failure).toMatchObject({
      code: 'ABORTED',
      message: expect.stringContaining(run.checkpointPath(first.steps.length)),
    });
  });

  it('stops early for all of them, and ends with the best weights', async () => {
    const outcomes = await train(2, { options: { learningRate: 0, patience: 1, evaluateEvery: 5 } });
    for (const { failure, steps, weights } of outcomes) {
      expect(failure).toBeUndefined();
      expect(steps.length).toBe(10);
      expect(weights).toEqual(outcomes[0].weights);
    }
  });

  it.each(['f16', 'bf16'] as const)('may send gradients as %s, and still has the same bits', async (compression) => {
    const [alone] = await train(1, { options: {} });
    const outcomes = await train(2, { options: { compression } });
    expect(failures(outcomes)).toEqual([undefined, undefined]);
    expect(outcomes[1].weights).toEqual(outcomes[0].weights);
    const worst = Math.max(...alone.steps.map(({ loss }, i) => Math.abs(loss - outcomes[0].steps[i].loss)));
    expect(worst).toBeGreaterThan(1e-6);
    expect(worst).toBeLessThan(2e-2);
  });

  it('sends of a table only the rows that a batch has', async () => {
    const few = { batch: 4, block: 4, negatives: { shared: 2 }, neighborhoods: { walks: 5, neighbors: 1 } };
    const options = { ...few, steps: 30, checksumEvery: 1000 };
    const outcomes = await train(2, { options, model: { width: 60 } });
    expect(failures(outcomes)).toEqual([undefined, undefined]);
    const [{ shapes, sent }] = outcomes;
    const numbers = shapes!.reduce((sum, shape) => sum + shape.reduce((product, length) => product * length, 1), 0);
    // Of two, each sends half of what it has, and the sum of the other half. The table is most of it.
    expect(sent).toBeLessThan(0.7 * options.steps * 4 * numbers);
  });

  it('does not begin when gradients cannot be summed where they were asked to be', async () => {
    for (const { failure, steps } of await train(2, { options: { exchange: 'nccl' } })) {
      const message = expect.stringMatching(/^Gradients cannot be summed between GPUs: worker 0 (is not on|shares)/);
      expect(failure).toMatchObject({ code: 'MISSING_DEPENDENCY', message });
      expect(steps).toEqual([]);
    }
  });

  it('sums on GPUs where every worker can', () => {
    expect(obstacleOf([0, 0, 0])).toBeUndefined();
    expect(obstacleOf([0, 3, 1])).toBe('worker 1 has no NCCL');
    expect(obstacleOf([2, 2, 0])).toBe('worker 0 shares its GPU with another one');
  });

  it('does not begin when they were told different things', async () => {
    const outcomes = await train(3, { options: {}, other: { 1: { options: { temperature: 0.2 } } } });
    for (const { failure, steps } of outcomes) {
      const message = expect.stringContaining('Worker 1 has another configuration than worker 0');
      expect(failure).toMatchObject({ code: 'DIVERGED', message });
      expect(steps).toEqual([]);
    }
  });

  it('does not go on when their weights differ', async () => {
    const outcomes = await train(2, { options: {}, other: { 1: { wrongWeights: 17 } } });
    for (const { failure, steps } of outcomes) {
      const message = expect.stringContaining('Worker 1 has other weights than worker 0');
      expect(failure).toMatchObject({ code: 'DIVERGED', message });
      expect(steps.length).toBe(20);
    }
  });
});
