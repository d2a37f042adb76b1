import { rm } from 'node:fs/promises';
import type { Dataset, Split } from '@pinsage/graph';
import { neighborhoodOptions, PinSage } from '@pinsage/model';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BoardPairs } from '../src/board-pairs.js';
import type { TrainerOptions } from '../src/config.js';
import { SharedNegatives } from '../src/negatives.js';
import { resolveConfig } from '../src/resolve-config.js';
import { Trainer } from '../src/trainer.js';
import { prepareBatch, type TrainingBatch } from '../src/training-batch.js';
import { everything } from '../src/workers/share.js';
import { communities, openSplit } from './datasets.js';

let directory: string;
let dataset: Dataset;
let split: Split;
let model: PinSage;

beforeAll(async () => {
  directory = await communities({ pins: 200, boards: 60, communities: 5, size: 12 });
  ({ dataset, split } = await openSplit(directory));
  model = new PinSage({ features: dataset.features, width: 8, layers: 1, boardVector: true, boards: dataset.boards });
});

afterAll(async () => {
  model.dispose();
  await split.close();
  await dataset.close();
  await rm(directory, { recursive: true });
});

async function batchOf(options: TrainerOptions, step: number, share = everything): Promise<TrainingBatch> {
  const config = resolveConfig({ batch: 64, negatives: { shared: 20 }, nodeDropout: 0, ...options });
  const graph = split.train;
  return prepareBatch(
    {
      graph,
      model,
      config,
      neighborhoods: neighborhoodOptions(dataset, config.neighborhoods),
      walksOn: 'cpu',
      share,
      features: model.sources(dataset, graph),
      boards: model.boardSources(dataset, graph),
      pairs: new BoardPairs(graph, config),
      shared: new SharedNegatives(graph, config.negatives, config.seed),
    },
    step,
  );
}

/** The boards that the model reads of a row. */
function boardsRead({ sample: { boards } }: TrainingBatch, row: number): number[] {
  const { offsets, rows, weights, boards: ids } = boards!;
  const read: number[] = [];
  for (let i = offsets[row]; i < offsets[row + 1]; i++) if (weights[i] !== 0) read.push(ids[rows[i]]);
  return read;
}

describe('the boards that a model reads of a batch', () => {
  it('leave out the board of a pair for its item, and hold it for a query that is known to be on it', async () => {
    let known = 0;
    for (const step of [0, 1, 7]) {
      const batch = await batchOf({ folds: 3 }, step);
      const { width, boards, counts } = batch.pairs;
      for (const [row, itemRow] of batch.itemRows.entries()) {
        expect(boardsRead(batch, itemRow)).not.toContain(boards![row]);
        for (let i = 0; i < counts[row]; i++) {
          if (boardsRead(batch, batch.queryRows[row * width + i]).includes(boards![row])) known += 1;
        }
      }
    }
    expect(known).toBeGreaterThan(3 * 64);
  });

  it('are gone for a pin that lost its neighbourhood', async () => {
    const batch = await batchOf({ nodeDropout: 0.5 }, 2);
    const { weights, width, sizes } = batch.sample;
    const dropped = Array.from({ length: sizes.at(-1)! }, (_, row) => row).filter((row) =>
      weights.subarray(row * width, (row + 1) * width).every((weight) => weight === 0),
    );
    expect(dropped.length).toBeGreaterThan(10);
    expect(dropped.length).toBeLessThan(sizes.at(-1)! - 10);
    for (const row of dropped) expect(boardsRead(batch, row)).toEqual([]);
  });

  it('need held-out edges', () => {
    const data = { dataset, graph: split.train };
    expect(() => new Trainer(model, data, { folds: 1 })).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', argument: 'folds' }),
    );
  });
});
