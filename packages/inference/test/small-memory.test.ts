import { expect, test } from 'vitest';
import { canMeasureMemory, inSmallMemory } from '../../graph/test/small-memory.js';

const library = (name: string) => new URL(`../../${name}/dist/index.js`, import.meta.url).href;
const MEGABYTES = 400;

test.skipIf(!canMeasureMemory)(
  'embeddings are made and written in less memory than they take',
  { timeout: 300_000 },
  async () => {
    const { code, output, anonymous } = await inSmallMemory(
      MEGABYTES,
      `
    import { mkdirSync, readdirSync, statSync } from 'node:fs';
    import { Dataset, generateTables, importDataset } from '${library('graph')}';
    import { embedPins } from '${library('inference')}';
    import { PinSage } from '${library('model')}';
    const memory = 96 * 2 ** 20;
    const tables = await generateTables({ pins: 150_000, boards: 20_000, edges: 500_000, vectors: 256, memory, out: 'tables' });
    const features = [{ name: 'vector', kind: 'dense', file: tables.vectors, store: 'f32' }];
    await importDataset({ edges: tables.edges, pin: 'pin', board: 'board', pins: tables.pins, features, memory, out: 'data' });
    const dataset = await Dataset.open('data');
    const model = new PinSage({ features: dataset.features, layers: 1, width: 64, hidden: 64, output: 512 });
    mkdirSync('run');
    const neighborhoods = { walks: 10, hops: 2, stop: 0.5, neighbors: 3 };
    const embeddings = await embedPins(model, dataset, await dataset.graph(), { neighborhoods, block: 1024, out: 'run' });
    const sizes = readdirSync('.', { recursive: true }).map((name) => statSync(name).size);
    const { length } = embeddings.of(149_999).filter((value) => Number.isFinite(value) && value !== 0);
    console.log(sizes.reduce((sum, bytes) => sum + bytes, 0) / 2 ** 20, length);`,
    );
    expect(code).toBe(0);
    const [written, numbers] = output.split(' ').map(Number);
    expect(numbers).toBeGreaterThan(500);
    expect(written).toBeGreaterThan(2 * MEGABYTES);
    expect(anonymous).toBeLessThan(MEGABYTES);
  },
);
