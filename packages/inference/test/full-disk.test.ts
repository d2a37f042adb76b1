import { describe, expect, it } from 'vitest';
import { canMount, onSmallDisk } from '../../graph/test/small-disk.js';

const library = (name: string) => new URL(`../../${name}/dist/index.js`, import.meta.url).href;

describe.skipIf(!canMount)('on a full disk', () => {
  it('embedPins says so, wherever it happens, and the embeddings that were there stay', { timeout: 60_000 }, () => {
    const output = onSmallDisk(
      8 * 1024,
      `
      import { mkdirSync, readFileSync, rmSync } from 'node:fs';
      import { Dataset, importDataset } from '${library('graph')}';
      import { embedPins } from '${library('inference')}';
      import { PinSage } from '${library('model')}';
      const edges = 'SELECT range AS pin, 1 AS board, sin(range) AS x FROM range(3000)';
      const features = [{ name: 'x', kind: 'number' }];
      await importDataset({ edges, pin: 'pin', board: 'board', pins: edges, features, out: 'data' });
      const dataset = await Dataset.open('data');
      const graph = await dataset.graph();
      const embed = async (seed) => {
        const model = new PinSage({ features: dataset.features, width: 4, output: 64, layers: 0, seed });
        (await embedPins(model, dataset, graph, { out: 'run' })).close();
      };
      mkdirSync('run');
      await embed(1);
      const before = ['safetensors', 'parquet'].map((kind) => readFileSync('run/embeddings.' + kind));
      // embeddings.safetensors takes 768 kB, the scratch 48 kB, and then embeddings.parquet about 800 kB.
      for (const free of [400, 790, 1200]) {
        fill(free);
        await report(() => embed(2));
        rmSync('filler');
      }
      console.log(['safetensors', 'parquet'].map((kind, i) => before[i].equals(readFileSync('run/embeddings.' + kind))).join());
      list();`,
    );
    const [files] = output.trim().split('\n').slice(-1);
    expect(output).toMatch(/^(IO true\n){3}true,true\n/);
    expect(files.match(/run\/\S+/g)).toEqual(['run/embeddings.parquet', 'run/embeddings.safetensors']);
  });
});
