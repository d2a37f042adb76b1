import { rm } from 'node:fs/promises';
import type { Dataset, Split } from '@pinsage/graph';
import { embedPins } from '@pinsage/inference';
import { PinSage } from '@pinsage/model';
import { Graph } from '@pinsage/native';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { EmbeddingMethod } from '../src/embedding-method.js';
import { resolveConfig } from '../src/resolve-config.js';
import { homeTask, nextTask } from '../src/tasks.js';
import { Validation } from '../src/validation.js';
import { communities, openSplit } from './datasets.js';

let directory: string;
let dataset: Dataset;
let split: Split;

beforeAll(async () => {
  directory = await communities({ pins: 120, boards: 40, communities: 4, size: 10 });
  ({ dataset, split } = await openSplit(directory));
});

afterAll(async () => {
  await split.close();
  await dataset.close();
  await rm(directory, { recursive: true });
});

it('asks for home feeds, or for what comes next where the model learns from sequences', async () => {
  const { pinOffsets, pinBoards } = split.train.arrays;
  const pins = new Uint32Array(split.train.edges);
  for (let pin = 0; pin < dataset.pins; pin++) pins.fill(pin, Number(pinOffsets[pin]), Number(pinOffsets[pin + 1]));
  const times = BigInt64Array.from(pins, (pin) => BigInt((pin * 7919) % 1009));
  using graph = await Graph.fromEdges({ pins, boards: pinBoards.slice(), times }, { pins: 120, boards: 40 });
  const heldOut = {
    ...split.validation,
    times: BigInt64Array.from(split.validation.pins, (pin) => 2000n + BigInt(pin)),
  };
  using model = new PinSage({ features: dataset.features, width: 8, hidden: 8, output: 8, layers: 0 });

  const { vectors, width } = await embedPins(model, dataset, graph);
  const sample = { queries: 1000, seed: 0 };
  for (const [sequence, task] of [
    [null, homeTask(graph, heldOut, undefined, sample)],
    [3, nextTask(graph, heldOut, undefined, sample)!],
  ] as const) {
    const config = resolveConfig({ sequence, setQuery: 1 });
    const validation = new Validation(dataset, graph, heldOut, config);
    const { ranks } = await new EmbeddingMethod('z', vectors, width).rank(task, { top: 1, seed: 0 });
    const { offsets } = task.targets;
    let recall = 0;
    for (let query = 0; query + 1 < offsets.length; query++) {
      const own = ranks.subarray(offsets[query], offsets[query + 1]);
      recall += own.filter((rank) => rank <= 20).length / own.length / (offsets.length - 1);
    }
    expect(recall).toBeGreaterThan(0);
    expect((await validation.run(model)).recallAt20).toBeCloseTo(recall, 12);
  }
});
