import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Dataset, importDataset, locateDatasets, prepareCollection } from '@pinsage/graph';
import { embedPins } from '@pinsage/inference';
import { PinSage, RunDirectory } from '@pinsage/model';

export interface ExplorerRun {
  run: string;
  dataset: Dataset;
  remove(): Promise<void>;
}

/** A run on MovieLens where it is at hand, else on a generated collection. The model has not been trained, which a page does not see. */
export async function collectionRun(): Promise<ExplorerRun> {
  const movieLens = locateDatasets().some((folder) => existsSync(join(folder, 'ml-latest-small', 'movies.csv')));
  return makeRun(async (out) => {
    return (await prepareCollection(movieLens ? 'ml-latest-small' : 'generated', { out })).dataset;
  });
}

/** Titles and ids that have been trouble to some page, and images: of a server, and of addresses that must not be followed. */
export const ODD = [
  { id: 'a/b?c#d', title: '<img src=x onerror="window.broken = true">', image: '/good.png' },
  { id: '100%', title: '"><script>window.broken = true</script>', image: 'javascript:window.broken=true' },
  {
    id: '../..',
    title: `‮desrever ${'longword'.repeat(20)}`,
    image: 'data:text/html,<script>window.broken=true</script>',
  },
  { id: 'ü 漢', title: "Robert'); DROP TABLE pins;--", image: '/missing.png' },
];

/** @param images Where good.png is. */
export async function oddRun(images: string): Promise<ExplorerRun> {
  return makeRun(async (out) => {
    const folder = join(out, '..');
    const others = Array.from({ length: 40 }, (_, i) => ({ id: `p${i}`, title: `plain ${i}`, image: null }));
    const pins = [...ODD, ...others].map((pin) => ({ ...pin, kind: 'odd|<i>' }));
    const served = pins.map((pin) => ({ ...pin, image: pin.image?.startsWith('/') ? images + pin.image : pin.image }));
    const edges = pins.flatMap(({ id }, i) => [0, 1].map((step) => ({ pin: id, board: `<b>${(i + step) % 5}</b>` })));
    await writeFile(join(folder, 'pins.jsonl'), served.map((pin) => `${JSON.stringify(pin)}\n`).join(''));
    await writeFile(join(folder, 'edges.jsonl'), edges.map((edge) => `${JSON.stringify(edge)}\n`).join(''));
    const features = [
      { name: 'title', kind: 'text' as const, buckets: 64 },
      { name: 'kind', kind: 'categories' as const, buckets: 16 },
    ];
    const tables = { edges: join(folder, 'edges.jsonl'), pins: join(folder, 'pins.jsonl') };
    await importDataset({ ...tables, pin: 'pin', board: 'board', pinId: 'id', image: 'image', features, out });
    return Dataset.open(out);
  });
}

async function makeRun(makeDataset: (out: string) => Promise<Dataset>): Promise<ExplorerRun> {
  const folder = await mkdtemp(join(tmpdir(), 'pinsage-explorer-'));
  const dataset = await makeDataset(join(folder, 'data'));
  const run = join(folder, 'run');
  const { directory, features } = dataset;
  const { modelPath } = await RunDirectory.create(run, { dataset: directory, split: null, model: {}, trainer: {} });
  const neighborhoods = { walks: 100, neighbors: 10 };
  const model = new PinSage({ features, width: 16, hidden: 16, output: 16, neighborhoods });
  await model.save(modelPath);
  (await embedPins(model, dataset, await dataset.graph(), { out: run })).close();
  model.dispose();
  return {
    run,
    dataset,
    async remove() {
      await dataset.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
