import { describe, expect, test } from 'vitest';
import { canMount, onSmallDisk } from './small-disk.js';

const library = new URL('../dist/index.js', import.meta.url).href;

describe.skipIf(!canMount)('on a full disk', () => {
  test('an import and a split say so, and what was there stays', { timeout: 60_000 }, () => {
    const output = onSmallDisk(
      1024,
      `
      import { Dataset, importDataset, Split } from '${library}';
      const edges = 'SELECT range % 400 AS pin, range % 97 AS board FROM range(4000)';
      const options = { edges, pin: 'pin', board: 'board', out: 'data' };
      await importDataset(options);
      const dataset = await Dataset.open('data');
      await Split.create(dataset, 'a');
      fill(20);
      await report(() => Split.create(dataset, 'b'));
      await report(() => Split.create(dataset, 'a', { force: true, seed: 1 }));
      await report(() => importDataset({ ...options, out: 'other' }));
      await report(() => importDataset({ ...options, force: true }));
      await dataset.verify();
      const split = await Split.open(dataset, 'a');
      console.log(split.manifest.options.seed);
      list();`,
    );
    const files = ['boards.parquet', 'features.safetensors', 'graph.safetensors', 'manifest.json', 'pins.parquet'];
    const splits = ['', '/a', '/a/graph.safetensors', '/a/held-out.safetensors', '/a/manifest.json'];
    const all = [...files.map((file) => `data/${file}`), ...splits.map((file) => `data/splits${file}`)];
    expect(output).toBe(`${'IO true\n'.repeat(4)}0\n${['data', ...all, 'filler'].join(' ')}\n`);
  });

  test('an import that is larger leaves nothing', { timeout: 60_000 }, () => {
    const output = onSmallDisk(
      2048,
      `
      import { importDataset } from '${library}';
      const edges = 'SELECT range AS pin, range % 1000 AS board FROM range(400000)';
      await report(() => importDataset({ edges, pin: 'pin', board: 'board', out: 'd' }));
      list();`,
    );
    expect(output).toBe('IO true\n\n');
  });
});
