import { Recommender } from '@pinsage/inference';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiKeys, createService } from '../src/index.js';
import { ask } from './harness.js';
import { makeRun, type TestRun } from './run.js';

const KEY = { authorization: 'Bearer key' };

let made: TestRun;
let recommender: Recommender;
let service: FastifyInstance;
beforeAll(async () => {
  made = await makeRun();
  recommender = await Recommender.open(made.run, { live: true });
  service = await createService({ recommender, keys: ApiKeys.of(['key']) });
});
afterAll(async () => {
  await service.close();
  await recommender.close();
  await made.remove();
});

const write = (method: 'POST' | 'DELETE', url: string, body?: object) => ask(service, method, url, body, KEY);

describe('live updates', () => {
  it('are seen by the next query', async () => {
    const pin = {
      id: 'new',
      features: { title: 'sea boat', year: 1850 },
      columns: { title: 'sea boat' },
      boards: ['b3', 'fresh'],
    };
    expect(await write('POST', '/v1/pins', { pins: [pin] })).toMatchObject({ status: 200, body: { added: 1 } });
    expect((await ask(service, 'GET', '/v1/pins/new')).body).toMatchObject({
      pin: { id: 'new', title: 'sea boat' },
      boardCount: 2,
    });
    expect((await ask(service, 'GET', '/v1/boards/fresh')).body.pins).toEqual(['new']);
    expect((await ask(service, 'GET', '/v1/pins/new/related?top=3')).body.pins.length).toBe(3);
    expect((await write('POST', '/v1/edges', { edges: [{ pin: 'p1', board: 'fresh' }] })).body).toEqual({ added: 1 });
    expect((await ask(service, 'GET', '/v1/boards/fresh')).body.pinCount).toBe(2);
    expect((await write('DELETE', '/v1/pins/new')).body).toEqual({ removed: 1 });
    expect((await ask(service, 'GET', '/v1/pins/new')).status).toBe(404);
    expect((await write('DELETE', '/v1/pins/new')).status).toBe(404);
  });

  it('are counted for Prometheus', async () => {
    const live = async () => {
      const text = (await service.inject('/metrics')).body;
      return Object.fromEntries(
        [...text.matchAll(/^pinsage_live_(\w+) (\d+)$/gm)].map(([, name, value]) => [name, +value]),
      );
    };
    await recommender.compact();
    const empty = await live();
    expect(empty).toEqual({ generation: expect.any(Number), log_bytes: expect.any(Number), log_entries: 0 });
    await write('POST', '/v1/edges', {
      edges: [
        { pin: 'p2', board: 'b1' },
        { pin: 'p3', board: 'counted' },
      ],
    });
    const { generation, log_bytes, log_entries } = await live();
    expect([generation, log_entries]).toEqual([empty.generation, 1]);
    expect(log_bytes).toBeGreaterThan(empty.log_bytes);
    await recommender.compact();
    expect(await live()).toEqual({ ...empty, generation: generation + 1 });
  });

  it('are searched beside the rest by all queries of a batch, without a warning of the process', async () => {
    const warnings: Error[] = [];
    const note = (warning: Error) => warnings.push(warning);
    process.on('warning', note);
    await write('POST', '/v1/pins', { pins: [{ id: 'beside', features: {} }] });
    const pins = Array.from({ length: 100 }, (_, pin) => ({ id: `p${pin}` }));
    const { results } = (await ask(service, 'POST', '/v1/related', { pins, top: 300 })).body;
    for (const { pins } of results) expect(pins.map(({ id }: { id: string }) => id)).toContain('beside');
    process.off('warning', note);
    expect(warnings).toEqual([]);
  });

  it('are checked', async () => {
    const taken = await write('POST', '/v1/pins', { pins: [{ id: 'p1', features: {} }] });
    expect(taken).toMatchObject({ status: 400, body: { error: { argument: 'pins[0].id' } } });
    expect((await write('POST', '/v1/edges', { edges: [{ pin: 'nobody', board: 'b1' }] })).status).toBe(404);
    expect((await ask(service, 'DELETE', '/v1/pins/p1')).status).toBe(401);
  });

  it('are refused by a service that was not opened for them', async () => {
    const still = await makeRun();
    const reader = await Recommender.open(still.run);
    const other = await createService({ recommender: reader, keys: ApiKeys.of(['key']) });
    for (const [method, url, body] of [
      ['POST', '/v1/pins', { pins: [{ id: 'n', features: {} }] }],
      ['POST', '/v1/edges', { edges: [{ pin: 'p1', board: 'b1' }] }],
      ['DELETE', '/v1/pins/p1', undefined],
    ] as const)
      expect(await ask(other, method, url, body, KEY)).toMatchObject({
        status: 409,
        body: { error: { code: 'READ_ONLY' } },
      });
    await other.close();
    await reader.close();
    await still.remove();
  });
});
