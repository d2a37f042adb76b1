import { describe, expect, it } from 'vitest';
import { canMount, onSmallDisk } from '../../graph/test/small-disk.js';

const library = (name: string) => new URL(`../../${name}/dist/index.js`, import.meta.url).href;

/** Lines of a program that put an imported dataset and a run over it into `data` and `run`. */
const makeRun = (pins: number) => `
      import { Dataset, importDataset } from '${library('graph')}';
      import { embedPins } from '${library('inference')}';
      import { PinSage, RunDirectory } from '${library('model')}';
      const edges = 'SELECT range AS pin, 1 AS board, sin(range) AS x FROM range(${pins})';
      await importDataset({ edges, pin: 'pin', board: 'board', pins: edges, features: [{ name: 'x', kind: 'number' }], out: 'data' });
      const dataset = await Dataset.open('data');
      const { modelPath } = await RunDirectory.create('run', { dataset: 'data', split: null, model: {}, trainer: {} });
      const model = new PinSage({ features: dataset.features, width: 4, output: 256, layers: 0 });
      (await embedPins(model, dataset, await dataset.graph(), { out: 'run' })).close();
      await model.save(modelPath);`;

describe.skipIf(!canMount)('on a full disk', () => {
  it('changes are refused, those before stay, and they go on when there is room', { timeout: 60_000 }, () => {
    const output = onSmallDisk(
      16 * 1024,
      `
      import { rmSync } from 'node:fs';
      import { Recommender } from '${library('inference')}';
      ${makeRun(2000)}

      let recommender = await Recommender.open('run', { live: true });
      let next = 2000;
      const acknowledged = [];
      const add = async () => {
        const id = next++;
        await recommender.addPins([{ id, features: { x: 0.5 }, boards: [1] }]);
        acknowledged.push(id);
      };
      await add();
      // Not enough for a new generation, whose embeddings alone take 2 MB; then not for the log.
      fill(1000);
      await report(() => recommender.compact());
      await add();
      rmSync('filler');
      fill(20);
      await report(async () => { for (;;) await add(); });
      console.log(acknowledged.length > 5, (await recommender.related(3)).length);
      await report(() => recommender.removePins([1, 2, 3, 4, 5].concat(Array.from({ length: 1000 }, (_, i) => 6 + i))));
      rmSync('filler');
      await add();
      await recommender.removePins([7]);
      const { generation } = await recommender.compact();
      await add();
      await recommender.close();
      recommender = await Recommender.open('run');
      const rows = recommender.catalogue.pinRows([...acknowledged, 7, 6]);
      console.log(generation, rows.slice(0, -2).every((row) => row >= 0), rows.at(-2), rows.at(-1) >= 0);`,
    );
    expect(output.trim().split('\n')).toEqual(['IO true', 'IO true', 'true 10', 'IO true', '1 true -1 true']);
  });

  it('a swap is refused, the old run goes on, and it can be tried again', { timeout: 60_000 }, () => {
    const output = onSmallDisk(
      16 * 1024,
      `
      import { cpSync, rmSync } from 'node:fs';
      import { RecommenderSlot } from '${library('inference')}';
      ${makeRun(500)}
      cpSync('run', 'run2', { recursive: true });

      const slot = await RecommenderSlot.open('run', { live: true });
      const ids = Array.from({ length: 400 }, (_, i) => 1000 + i);
      const add = (ids) => slot.use((now) => now.addPins(ids.map((id) => ({ id, features: { x: 0.5 }, boards: [1] }))));
      await add(ids);
      // The log of the new run begins, but 400 kB of vectors have no place in it.
      fill(100);
      await report(() => slot.swap('run2', { live: true }));
      console.log((await slot.use((now) => now.related(1399))).length);
      rmSync('filler');
      await add([2000]);
      await slot.swap('run2', { live: true });
      await add([2001]);
      await slot.use(async ({ catalogue }) => console.log(catalogue.pinRows([...ids, 2000, 2001]).every((row) => row >= 0)));
      await slot.close();`,
    );
    expect(output.trim().split('\n')).toEqual(['IO true', '10', 'true']);
  });
});
