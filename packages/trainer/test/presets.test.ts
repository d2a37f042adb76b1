import { rm } from 'node:fs/promises';
import type { Dataset, Split } from '@pinsage/graph';
import { Graph } from '@pinsage/native';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { choosePreset } from '../src/choose-preset.js';
import type { PresetName } from '../src/config.js';
import { createModel } from '../src/create-model.js';
import { presets } from '../src/presets.js';
import { Trainer } from '../src/trainer.js';
import { communities, openSplit } from './datasets.js';
import { graphOf, randomBoards } from './graphs.js';

let directory: string;
let dataset: Dataset;
let split: Split;

beforeAll(async () => {
  directory = await communities({ pins: 200, boards: 60, communities: 5, size: 12 });
  ({ dataset, split } = await openSplit(directory));
});

afterAll(async () => {
  await split.close();
  await dataset.close();
  await rm(directory, { recursive: true });
});

/** The training edges with times. */
async function timed(): Promise<Graph> {
  const { pinOffsets, pinBoards } = split.train.arrays;
  const pins = new Uint32Array(split.train.edges);
  for (let pin = 0; pin < dataset.pins; pin++) pins.fill(pin, Number(pinOffsets[pin]), Number(pinOffsets[pin + 1]));
  const edges = {
    pins,
    boards: pinBoards.slice(),
    times: BigInt64Array.from(pins, (pin) => BigInt((pin * 7919) % 1009)),
  };
  return Graph.fromEdges(edges, { pins: dataset.pins, boards: dataset.boards });
}

describe('presets', () => {
  it.each(Object.keys(presets) as PresetName[])('%s trains a model of its own', async (preset) => {
    using graph = await timed();
    const options = {
      preset,
      batch: 64,
      steps: 6,
      stepsPerEpoch: 3,
      negatives: { ...presets[preset].trainer.negatives },
    };
    if (options.negatives.shared === undefined) options.negatives.shared = 20;
    using model = createModel(dataset, { width: 8, hidden: 8, output: 8 }, options);
    expect(model.config).toMatchObject({ ...presets[preset].model, width: 8, hidden: 8, output: 8 });
    const before = model.variables.map((variable) => [...variable.dataSync()]);
    const history = await new Trainer(model, { dataset, graph }, options).train();
    expect(history.length).toBe(6);
    for (const [i, variable] of model.variables.entries()) {
      const changed = [...variable.dataSync()].some((value, k) => value !== before[i][k]);
      expect(changed, variable.name).toBe(true);
    }
  });
});

describe('choosePreset', () => {
  const features = [{ name: 'title' }];
  const datasetOf = (columns: object[]) => ({ features: columns }) as unknown as Dataset;

  it('looks at times, features and pins without boards', async () => {
    const long = randomBoards(20, 60, [15, 30]);
    using plain = await graphOf(long, 60);
    using withTimes = await graphOf(long, 60, long);
    using cold = await graphOf(long, 200);
    using shortTimes = await graphOf(
      [
        [0, 1],
        [2, 3],
      ],
      4,
      [
        [1, 2],
        [1, 2],
      ],
    );
    expect(choosePreset(datasetOf(features), plain)).toMatchObject({ preset: 'default' });
    expect(choosePreset(datasetOf([]), plain)).toMatchObject({ preset: 'collaborative' });
    expect(choosePreset(datasetOf(features), withTimes)).toMatchObject({ preset: 'sequential' });
    expect(choosePreset(datasetOf(features), shortTimes)).toMatchObject({ preset: 'default' });
    const choice = choosePreset(datasetOf(features), cold);
    expect(choice.preset).toBe('content');
    expect(choice.reasons.join()).toMatch(/title.*70 %/);
  });
});
