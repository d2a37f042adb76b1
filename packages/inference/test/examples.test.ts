import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PinSage, RunDirectory } from '@pinsage/model';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { embedPins } from '../src/index.js';
import { type Collection, makeCollection } from './collection.js';

const examples = fileURLToPath(new URL('../../../docs/examples', import.meta.url));

let collection: Collection;
let run: string;
beforeAll(async () => {
  collection = await makeCollection();
  run = join(collection.directory, 'run');
  const dataset = collection.dataset.directory;
  const { modelPath } = await RunDirectory.create(run, { dataset, split: null, model: {}, trainer: {} });
  const model = new PinSage({ features: collection.dataset.features, width: 8, hidden: 8, output: 10 });
  await model.save(modelPath);
  (await embedPins(model, collection.dataset, await collection.dataset.graph(), { out: run })).close();
  model.dispose();
});
afterAll(() => collection.close());

describe('the Fastify app', () => {
  it('answers, says what is wrong, and goes on through a swap', async () => {
    const { createApp } = await import(`${examples}/fastify-app/app.mjs`);
    // The examples import the built package.
    const { RecommenderSlot } = await import('@pinsage/inference');
    const app = createApp(await RecommenderSlot.open(run));
    const related = await app.inject('/pins/p3/related?top=4&diversity=0.2');
    expect(related.statusCode).toBe(200);
    expect(related.json()).toHaveLength(4);
    const feed = await app.inject({
      method: 'POST',
      url: '/home-feed?walk=0.5',
      payload: { pins: ['p1', 'p2'], weights: [2, 1] },
    });
    expect(feed.json()).toHaveLength(10);
    expect((await app.inject({ method: 'POST', url: '/swap', payload: { run } })).json()).toEqual({ run });
    expect((await app.inject('/pins/p3/related?top=4&diversity=0.2')).json()).toEqual(related.json());
    const unknown = await app.inject('/pins/nobody/related');
    expect([unknown.statusCode, unknown.json().code]).toEqual([404, 'NOT_FOUND']);
    for (const bad of ['top=0', 'top=x', 'diversity=7']) {
      expect((await app.inject(`/pins/p3/related?${bad}`)).statusCode).toBe(400);
    }
    await app.close();
  });

  it('listens, too', async () => {
    const { createApp } = await import(`${examples}/fastify-app/app.mjs`);
    const { RecommenderSlot } = await import('@pinsage/inference');
    const app = createApp(await RecommenderSlot.open(run));
    const address = await app.listen({ port: 0, host: '127.0.0.1' });
    const answer = await fetch(`${address}/home-feed`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ board: 'b4' }),
    });
    expect(await answer.json()).toHaveLength(10);
    await app.close();
  });
});

describe('the worker pool', () => {
  it('answers many calls at once as one recommender does, with its errors', async () => {
    const { RecommenderPool } = await import(`${examples}/worker-pool/pool.mjs`);
    const { Recommender } = await import('@pinsage/inference');
    const pool = await RecommenderPool.open(run, 2);
    const recommender = await Recommender.open(run);
    const pins = Array.from({ length: 40 }, (_, i) => `p${i}`);
    const expected = await Promise.all(pins.map((pin) => recommender.related(pin, { columns: ['title'] })));
    expect(await Promise.all(pins.map((pin) => pool.related(pin, { columns: ['title'] })))).toEqual(expected);
    const vector = await pool.embed([{ features: { title: 'night sea' }, boards: ['b4'] }]);
    expect(await pool.relatedTo(vector)).toHaveLength(10);
    await expect(pool.related('nobody')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await recommender.close();
    await pool.close();
    await expect(pool.related('p1')).rejects.toThrow('No worker');
    await expect(RecommenderPool.open(collection.directory, 1)).rejects.toThrow('not a run');
  });
});
