import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { RunDirectory } from '@pinsage/model';
import { randomWords, writeSafetensors } from '@pinsage/native';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Recommender, RecommenderSlot } from '../src/index.js';
import { type Collection, makeCollection, PINS } from './collection.js';

let collection: Collection;
const runs: string[] = [];
beforeAll(async () => {
  collection = await makeCollection();
  for (const width of [4, 6]) {
    const run = join(collection.directory, `run-${width}`);
    const dataset = collection.dataset.directory;
    await RunDirectory.create(run, { dataset, split: null, model: {}, trainer: {} });
    const words = randomWords(BigInt(width), [0, 0, 0], 1, PINS * width);
    const data = Float32Array.from(words, (word) => word / 2 ** 32 - 0.5);
    await writeSafetensors(join(run, 'embeddings.safetensors'), { embeddings: { shape: [PINS, width], data } });
    runs.push(run);
  }
});
afterAll(() => collection.close());

describe('RecommenderSlot', () => {
  it('swaps runs while requests go on, and fails none', async () => {
    await using slot = await RecommenderSlot.open(runs[0]);
    const seen = new Map<number, number>();
    const used = new Set<Recommender>();
    let asking = true;
    const ask = async () => {
      while (asking) {
        await slot.use(async (recommender) => {
          used.add(recommender);
          const { width } = recommender.index;
          // Several calls and a pause: the recommender stays the request's own.
          const found = await recommender.related('p1', { top: 5, columns: ['title'] });
          await setImmediate();
          const again = await recommender.relatedTo(recommender.index.of(1), { top: 5, exclude: ['p1'] });
          expect(again.map(({ row }) => row)).toEqual(found.map(({ row }) => row));
          expect(recommender.index.width).toBe(width);
          seen.set(width, (seen.get(width) ?? 0) + 1);
        });
      }
    };
    const clients = Array.from({ length: 8 }, ask);
    for (let swaps = 0; swaps < 6; ++swaps) await slot.swap(runs[(swaps + 1) % 2]);
    asking = false;
    await Promise.all(clients);
    expect([...seen.keys()].sort()).toEqual([4, 6]);
    expect(used.size).toBeGreaterThanOrEqual(3);
    const [first] = used;
    await expect(first.related('p1')).rejects.toMatchObject({ code: 'CLOSED' });
  });

  it('keeps the old run when the new one cannot be opened', async () => {
    await using slot = await RecommenderSlot.open(runs[0]);
    const broken = join(collection.directory, 'broken');
    await mkdir(broken);
    await writeFile(join(broken, 'config.json'), '{');
    await expect(slot.swap(broken)).rejects.toMatchObject({ code: 'FILE_CORRUPT' });
    expect(await slot.use((recommender) => recommender.related('p1'))).toHaveLength(10);
    await slot.swap(runs[1]);
    expect(await slot.use(async (recommender) => recommender.index.width)).toBe(6);
  });

  it('waits for requests when it is closed, and takes no more', async () => {
    const slot = await RecommenderSlot.open(runs[0]);
    const running = slot.use(async (recommender) => {
      await setImmediate();
      return recommender.related('p2');
    });
    const closed = slot.close();
    await expect(slot.use(async () => 1)).rejects.toMatchObject({ code: 'CLOSED' });
    await expect(slot.swap(runs[1])).rejects.toMatchObject({ code: 'CLOSED' });
    expect(await running).toHaveLength(10);
    await closed;
  });
});
