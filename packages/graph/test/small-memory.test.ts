import { expect, test } from 'vitest';
import { canMeasureMemory, inSmallMemory } from './small-memory.js';

const library = (name: string) => new URL(`../../${name}/dist/index.js`, import.meta.url).href;
const MEGABYTES = 300;

test.skipIf(!canMeasureMemory)(
  'a dataset is made, split and walked in less memory than it takes',
  { timeout: 300_000 },
  async () => {
    const { code, output, anonymous } = await inSmallMemory(
      MEGABYTES,
      `
    import { readdirSync, statSync } from 'node:fs';
    import { join } from 'node:path';
    import { Dataset, generateTables, importDataset, Split } from '${library('graph')}';
    const memory = 96 * 2 ** 20;
    const size = { pins: 200_000, boards: 40_000, edges: 5_000_000, vectors: 512, times: true };
    const tables = await generateTables({ ...size, memory, out: 'tables' });
    const features = [{ name: 'topic', kind: 'categories' }, { name: 'vector', kind: 'dense', file: tables.vectors }];
    const edges = { edges: tables.edges, pin: 'pin', board: 'board', time: 'time' };
    await importDataset({ ...edges, pins: tables.pins, features, memory, out: 'data' });
    const dataset = await Dataset.open('data');
    const split = await Split.create(dataset, 'late', { kind: 'time', memory });
    const seeds = Uint32Array.from({ length: 5000 }, (_, i) => i * 40);
    const { counts } = await split.train.neighborhoods(seeds, { walks: 20, neighbors: 5 });
    const sizes = readdirSync('.', { recursive: true }).map((name) => statSync(name).size);
    console.log(sizes.reduce((sum, bytes) => sum + bytes, 0) / 2 ** 20, counts.filter((count) => count === 5).length);`,
    );
    expect(code).toBe(0);
    const [written, full] = output.split(' ').map(Number);
    expect(full).toBeGreaterThan(4000);
    expect(written).toBeGreaterThan(2 * MEGABYTES);
    expect(anonymous).toBeLessThan(MEGABYTES);
  },
);
