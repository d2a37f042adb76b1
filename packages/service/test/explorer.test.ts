import { Recommender } from '@pinsage/inference';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createService } from '../src/index.js';
import { collectionRun, type ExplorerRun } from './explorer-run.js';

let made: ExplorerRun;
let recommender: Recommender;
let app: FastifyInstance;
beforeAll(async () => {
  made = await collectionRun();
  recommender = await Recommender.open(made.run);
  app = await createService({ recommender });
});
afterAll(async () => {
  await app.close();
  await recommender.close();
  await made.remove();
});

const get = async (url: string, headers = {}) => {
  const response = await app.inject({ url, headers });
  return { status: response.statusCode, headers: response.headers, body: response.json() };
};
const ids = (pins: { id: string }[]) => pins.map(({ id }) => id);

describe('a pin’s page', () => {
  it('has its neighbours in three ways, N(u) and its boards', async () => {
    const { catalogue, dataset } = recommender;
    const graph = await dataset.graph();
    const row = graph.pinDegrees().indexOf(Math.max(...graph.pinDegrees()));
    const id = String(catalogue.pinId(row));
    const { status, body } = await get(`/v1/explorer/pins/${id}?top=5`);
    expect(status).toBe(200);
    expect(body.pin).toMatchObject({ id, row });
    expect(Object.keys(body.pin)).toContain('title');
    const related = await recommender.related({ row }, { top: 5 });
    expect(ids(body.embedding)).toEqual(related.map((pin) => String(pin.id)));
    const walk = await catalogue.walk({ rows: [row] }, { top: 5 });
    expect(body.walk.map((pin: { row: number }) => pin.row)).toEqual([...walk.rows]);
    const hood = await graph.neighborhoods(Uint32Array.of(row), { walks: 100, neighbors: 10 });
    expect(body.neighborhood.map((pin: { row: number }) => pin.row)).toEqual([...hood.ids.subarray(0, 5)]);
    const weights = body.neighborhood.map((pin: { score: number }) => pin.score);
    expect(weights).toEqual(weights.toSorted((a: number, b: number) => b - a));
    expect(body.boardCount).toBe(graph.boardsOf(row).length);
    const sizes = body.boards.map((board: { size: number }) => board.size);
    expect(sizes).toEqual(sizes.toSorted((a: number, b: number) => a - b));
  });

  it('orders by content as the definition says', async () => {
    const { dataset, catalogue } = recommender;
    const bags = dataset.features.flatMap((feature) => {
      const source = dataset.source(feature);
      return source.kind === 'bag' ? [source] : [];
    });
    const entries = (pin: number) =>
      bags.map(({ offsets, rows, weights }) => {
        const [from, to] = [Number(offsets[pin]), Number(offsets[pin + 1])];
        return new Map(Array.from(rows.subarray(from, to), (bucket, i) => [bucket, weights[from + i]]));
      });
    const length = (pin: number) => Math.sqrt(entries(pin).filter((bag) => bag.size > 0).length) || 1;
    const query = 7;
    const own = entries(query);
    const slow = (pin: number) =>
      entries(pin).reduce((sum, bag, f) => {
        for (const [bucket, weight] of bag) sum += weight * (own[f].get(bucket) ?? 0);
        return sum;
      }, 0) /
      (length(query) * length(pin));
    const expected = Array.from({ length: dataset.pins }, (_, pin) => ({ pin, score: pin === query ? -1 : slow(pin) }))
      .sort((a, b) => b.score - a.score)
      .slice(0, 8);
    const { body } = await get(`/v1/explorer/pins/${catalogue.pinId(query)}?top=8`);
    body.content.forEach((pin: { row: number; score: number }, place: number) => {
      expect(pin.score).toBeCloseTo(expected[place].score, 5);
      expect(pin.score).toBeCloseTo(slow(pin.row), 5);
    });
    expect(body.content).toHaveLength(8);
  });

  it('is not there for an unknown pin, board or row', async () => {
    for (const url of ['pins/nobody', 'boards/nowhere', `rows/${recommender.catalogue.rows}`]) {
      const { status, body } = await get(`/v1/explorer/${url}`);
      expect(status).toBe(404);
      expect(body.error.code).toBe('NOT_FOUND');
    }
    expect((await get('/v1/explorer/rows/x')).status).toBe(400);
  });
});

it('a board has its size and first pins', async () => {
  const { catalogue } = recommender;
  const { body } = await get(`/v1/explorer/boards/${encodeURIComponent(String(catalogue.boardId(0)))}`);
  const members = [...catalogue.membersOf(0)];
  expect(body.board.size).toBe(members.length);
  expect(body.pins.map((pin: { row: number }) => pin.row)).toEqual(members.slice(0, 24));
});

it('a row is a pin', async () => {
  const { body } = await get('/v1/explorer/rows/3');
  expect(body).toMatchObject({ id: String(recommender.catalogue.pinId(3)), row: 3 });
});

/** The map when it is there. */
async function madeMap(service: FastifyInstance) {
  for (;;) {
    const response = await service.inject('/v1/explorer/map');
    if (!String(response.headers['content-type']).startsWith('application/json')) return response;
    expect(response.json().status).toBe('computing');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

it('the map says how far it is, then comes once', async () => {
  const first = await get('/v1/explorer/map');
  expect(first.body).toMatchObject({ status: 'computing' });
  const response = await madeMap(app);
  expect(response.rawPayload).toHaveLength(4 * recommender.catalogue.rows);
  const { etag } = response.headers;
  const again = await app.inject({ url: '/v1/explorer/map', headers: { 'if-none-match': etag } });
  expect(again.statusCode).toBe(304);
  expect(again.rawPayload).toHaveLength(0);
});

it('shows pins that were added, not those that were removed, and goes on after a compaction', async () => {
  const live = await collectionRun();
  const changing = await Recommender.open(live.run, { live: true });
  const service = await createService({ recommender: changing });
  const ask = async (url: string) => (await service.inject(`/v1/explorer/${url}`.replace(/\/$/, ''))).json();
  try {
    const { rows } = changing.catalogue;
    const board = changing.catalogue.boardId(0);
    await changing.addPins([
      { id: '900001', features: { title: 'an added pin' }, columns: { title: 'an added pin' }, boards: [board] },
    ]);
    const before = await madeMap(service);
    await changing.addPins([{ id: '900002', features: { title: 'another' } }]);
    const page = await ask('pins/900001');
    expect(page.pin).toMatchObject({ id: '900001', row: rows, title: 'an added pin' });
    expect(page.boardCount).toBe(1);
    expect(page.embedding).toHaveLength(12);
    expect([page.content, page.neighborhood]).toEqual([[], []]);
    const removed = page.embedding[0];
    await changing.removePins([removed.id]);
    expect((await ask(`pins/${removed.id}`)).error.code).toBe('NOT_FOUND');
    expect((await ask(`rows/${removed.row}`)).error.code).toBe('NOT_FOUND');
    expect(ids((await ask('pins/900001')).embedding)).not.toContain(removed.id);
    const { pins } = await ask('');
    expect(pins).toBe(rows + 1); // two came, one went
    const map = await madeMap(service);
    expect(map.headers.etag).not.toBe(before.headers.etag);
    expect(map.rawPayload).toHaveLength(4 * (rows + 2));
    const placed = (row: number) => !map.rawPayload.subarray(4 * row, 4 * row + 4).equals(Buffer.alloc(4, 0xff));
    expect([rows, rows + 1, removed.row].map(placed)).toEqual([true, true, false]);
    await changing.compact();
    const compacted = await ask('pins/900001');
    expect(compacted.content).toHaveLength(12);
    expect(compacted.neighborhood.length).toBeGreaterThan(0);
    expect(await ask('map')).toMatchObject({ status: 'computing' });
  } finally {
    await service.close();
    await changing.close();
    await live.remove();
  }
});
