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

  it('an index is held in memory, and that is said, until there is room for its file', { timeout: 60_000 }, () => {
    const output = onSmallDisk(
      8 * 1024,
      `
      import { rmSync } from 'node:fs';
      import { Dataset, importDataset } from '${library('graph')}';
      import { embedPins, Recommender } from '${library('inference')}';
      import { PinSage, RunDirectory } from '${library('model')}';
      const edges = 'SELECT range AS pin, 1 AS board, sin(range) AS x FROM range(3000)';
      await importDataset({ edges, pin: 'pin', board: 'board', pins: edges, features: [{ name: 'x', kind: 'number' }], out: 'data' });
      const dataset = await Dataset.open('data');
      await RunDirectory.create('run', { dataset: 'data', split: null, model: {}, trainer: {} });
      const model = new PinSage({ features: dataset.features, width: 4, output: 64, layers: 0 });
      (await embedPins(model, dataset, await dataset.graph(), { out: 'run' })).close();
      await (await Recommender.open('run')).close(); // makes the table of ids
      const open = async () => {
        const warnings = [];
        const recommender = await Recommender.open('run', { search: 'hnsw', onWarning: (message) => warnings.push(message) });
        const found = await recommender.related(7);
        await recommender.close();
        const held = warnings.filter((message) => message.includes('held in memory') && message.includes('disk may be full'));
        console.log(found.length, warnings.length, held.length);
        list();
      };
      // The index takes more than 800 kB: there is room for none of it, for a part, and for all.
      for (const free of [0, 40, 500, 3000]) {
        fill(free);
        await open();
        rmSync('filler');
      }
      await open();`,
    );
    const lines = output.trim().split('\n');
    const [counts, files] = [0, 1].map((odd) => lines.filter((_, i) => i % 2 === odd));
    expect(counts).toEqual(['10 2 1', '10 2 1', '10 2 1', '10 1 0', '10 0 0']);
    const withIndex = files.map((each) => each.match(/run\/index\S*/g)?.join(' '));
    expect(withIndex).toEqual([undefined, undefined, undefined, ...Array(2).fill('run/index.json run/index.usearch')]);
  });
});
