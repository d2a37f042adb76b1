import { describe, expect, it } from 'vitest';
import { canMount, onSmallDisk } from '../../graph/test/small-disk.js';

const library = (name: string) => new URL(`../../${name}/dist/index.js`, import.meta.url).href;

describe.skipIf(!canMount)('on a full disk', () => {
  it('training says so, and goes on from its last checkpoint when there is space again', { timeout: 60_000 }, () => {
    const output = onSmallDisk(
      16 * 1024,
      `
      import { rmSync } from 'node:fs';
      import { Dataset, importDataset } from '${library('graph')}';
      import { PinSage, RunDirectory } from '${library('model')}';
      import { Trainer } from '${library('trainer')}';
      const edges = 'SELECT range % 60 AS pin, (range // 60 * 7 + range % 4) % 20 AS board FROM range(600)';
      await importDataset({ edges, pin: 'pin', board: 'board', out: 'data' });
      const dataset = await Dataset.open('data');
      const run = await RunDirectory.create('run', { dataset: 'data', split: null, model: {}, trainer: {} });
      const train = async (onStep) => {
        const model = new PinSage({ features: [], width: 64, hidden: 64, output: 64 });
        const config = { batch: 16, steps: 6, checkpointEvery: 2, negatives: { shared: 8 }, run };
        const trainer = new Trainer(model, { dataset, graph: await dataset.graph() }, config);
        await trainer.train({ onStep });
        console.log(trainer.history.map(({ step }) => step).join());
      };
      await report(() => train(({ step }) => step === 3 && fill(200)));
      list();
      rmSync('filler');
      await report(() => train());`,
    );
    const [failed, files, history, resumed] = output.trim().split('\n');
    expect(failed).toBe('IO true');
    expect(files.match(/run\/\S+/g)).toEqual([
      'run/checkpoint-00000002',
      ...['model.safetensors', 'optimizer.safetensors', 'state.json'].map((name) => `run/checkpoint-00000002/${name}`),
      'run/config.json',
      'run/metrics.jsonl',
    ]);
    expect([history, resumed]).toEqual(['1,2,3,4,5,6', 'no error']);
  });
});
