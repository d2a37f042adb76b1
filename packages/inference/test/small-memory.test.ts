import { expect, test } from 'vitest';
import { canMeasureMemory, inSmallMemory } from '../../graph/test/small-memory.js';

const library = (name: string) => new URL(`../../${name}/dist/index.js`, import.meta.url).href;
const MEGABYTES = 400;
/** Of a process that trains first. */
const MEGABYTES_TO_TRAIN = 450;

/** Lines of a program that makes a dataset of so many pins with a vector of each, and opens it. */
const dataset = (pins: number, vectors: number) => `
    import { mkdirSync, readdirSync, statSync } from 'node:fs';
    import { Dataset, generateTables, importDataset, Split } from '${library('graph')}';
    import { embedPins } from '${library('inference')}';
    import { PinSage } from '${library('model')}';
    import { Trainer } from '${library('trainer')}';
    const memory = 96 * 2 ** 20;
    const tables = await generateTables({ pins: ${pins}, boards: 20_000, edges: 500_000, vectors: ${vectors}, memory, out: 'tables' });
    const features = [{ name: 'vector', kind: 'dense', file: tables.vectors, store: 'f32' }];
    await importDataset({ edges: tables.edges, pin: 'pin', board: 'board', pins: tables.pins, features, memory, out: 'data' });
    const dataset = await Dataset.open('data');
    mkdirSync('run');
    const megabytesOf = (folder) =>
      readdirSync(folder, { recursive: true }).reduce((sum, name) => sum + statSync(folder + '/' + name).size, 0) / 2 ** 20;`;

test.skipIf(!canMeasureMemory)(
  'embeddings are made and written in less memory than they take',
  { timeout: 300_000 },
  async () => {
    const { code, output, anonymous } = await inSmallMemory(
      MEGABYTES,
      `${dataset(150_000, 256)}
    const model = new PinSage({ features: dataset.features, layers: 1, width: 64, hidden: 64, output: 512 });
    const neighborhoods = { walks: 10, hops: 2, stop: 0.5, neighbors: 3 };
    const embeddings = await embedPins(model, dataset, await dataset.graph(), { neighborhoods, block: 1024, out: 'run' });
    const { length } = embeddings.of(149_999).filter((value) => Number.isFinite(value) && value !== 0);
    console.log(megabytesOf('.'), length);`,
    );
    expect(code).toBe(0);
    const [written, numbers] = output.split(' ').map(Number);
    expect(numbers).toBeGreaterThan(500);
    expect(written).toBeGreaterThan(2 * MEGABYTES);
    expect(anonymous).toBeLessThan(MEGABYTES);
  },
);

test.skipIf(!canMeasureMemory)(
  'a model is trained on features that memory does not hold, and its layers are pooled from rows that it does not hold',
  { timeout: 300_000 },
  async () => {
    const { code, output, anonymous } = await inSmallMemory(
      MEGABYTES_TO_TRAIN,
      `${dataset(200_000, 600)}
    const hidden = 640;
    const model = new PinSage({ features: dataset.features, layers: 1, width: 32, hidden, output: 32 });
    const graph = await dataset.graph();
    const trainer = new Trainer(model, { dataset, graph }, {
      batch: 32, negatives: { shared: 50 }, steps: 20, neighborhoods: { walks: 20, hops: 2, neighbors: 10 },
    });
    const losses = [];
    for await (const { loss } of trainer.run()) losses.push(loss);
    const embeddings = await embedPins(model, dataset, graph, { block: 512, memory: memory / 2, out: 'run' });
    const mean = (of) => of.reduce((sum, loss) => sum + loss, 0) / of.length;
    const good = [0, 199_999].every((pin) => embeddings.of(pin).every(Number.isFinite) && embeddings.of(pin).some(Boolean));
    console.log(megabytesOf('data'), (dataset.pins * hidden * 4) / 2 ** 20, mean(losses.slice(-5)) < mean(losses.slice(0, 5)), good);`,
    );
    expect(code).toBe(0);
    const [data, rows, learns, good] = output.trim().split(' ');
    expect([learns, good]).toEqual(['true', 'true']);
    expect(Number(data)).toBeGreaterThan(MEGABYTES_TO_TRAIN);
    expect(Number(rows)).toBeGreaterThan(MEGABYTES_TO_TRAIN);
    expect(anonymous).toBeLessThan(MEGABYTES_TO_TRAIN);
  },
);
