import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, Harness, json } from './harness.js';
import { BOARDS, PINS } from './run.js';

let harness: Harness;
let app: FastifyInstance;
beforeAll(async () => {
  harness = await Harness.open();
  app = await harness.service();
});
afterAll(() => harness.close());

describe('recommendations', () => {
  it('gives related pins as the library does', async () => {
    const { recommender } = harness;
    const expected = await recommender.related('p17', { top: 5, columns: ['title'] });
    const { status, body } = await ask(app, 'GET', '/v1/pins/p17/related?top=5&columns=title');
    expect(status).toBe(200);
    expect(body).toEqual({ pins: json(expected) });
    const options = { top: 7, diversity: 0.4, walk: 0.3, exclude: ['p3'], filter: { year: { gte: 1800 } } };
    const query = new URLSearchParams({
      top: '7',
      diversity: '.4',
      walk: '.3',
      exclude: 'p3',
      filter: '{"year":{"gte":1800}}',
    });
    expect((await ask(app, 'GET', `/v1/pins/p17/related?${query}`)).body).toEqual({
      pins: json(await recommender.related('p17', options)),
    });
    const batch = await ask(app, 'POST', '/v1/related', { pins: [{ id: 'p17' }, { id: 'p18' }], ...options });
    expect(batch.body.results).toEqual(
      json([{ pins: await recommender.related('p17', options) }, { pins: await recommender.related('p18', options) }]),
    );
  });

  it('has an error in the place of what a batch asks for in vain', async () => {
    const { status, body } = await ask(app, 'POST', '/v1/related', { pins: [{ id: 'nobody' }, { id: 'p1' }], top: 2 });
    expect(status).toBe(200);
    expect(body.results[0].error.code).toBe('NOT_FOUND');
    expect(body.results[0].pins).toBeUndefined();
    expect(body.results[1].pins.length).toBe(2);
  });

  it('makes home feeds of boards and of pins with weights', async () => {
    const { recommender } = harness;
    const board = await ask(app, 'POST', '/v1/home-feed', { board: 'b4', top: 4 });
    expect(board.body).toEqual({ pins: json(await recommender.homeFeed({ board: 'b4' }, { top: 4 })) });
    const pins = [{ id: 'p1' }, { id: 'p7' }];
    const list = await ask(app, 'POST', '/v1/home-feed', { pins, weights: [3, 1], top: 4 });
    const expected = json(await recommender.homeFeed({ pins: ['p1', 'p7'], weights: [3, 1] }, { top: 4 }));
    expect(list.body).toEqual({ pins: expected });
    const both = await ask(app, 'POST', '/v1/home-feeds', {
      queries: [{ board: 'b4' }, { pins, weights: [3, 1] }],
      top: 4,
    });
    expect(both.body.results).toEqual([board.body, list.body]);
    expect((await ask(app, 'POST', '/v1/home-feed', { pins, weights: [1] })).body.error.argument).toBe('weights');
    expect((await ask(app, 'POST', '/v1/home-feed', { pins, board: 'b4' })).status).toBe(400);
    expect((await ask(app, 'POST', '/v1/home-feed', {})).status).toBe(400);
    expect((await ask(app, 'POST', '/v1/home-feed', { board: 'none' })).status).toBe(404);
  });

  it('embeds new pins and finds what is related to them', async () => {
    const fresh = { features: { title: 'night sea', year: 1900, genres: 'boat|hand' }, boards: ['b3'] };
    const two = [fresh, { features: {} }];
    const embedded = await ask(app, 'POST', '/v1/embed', { pins: two });
    expect(embedded.body.width).toBe(8);
    expect(embedded.body.vectors.flat()).toEqual(Array.from(await harness.recommender.embed(two)));
    const vector = await harness.recommender.embed([fresh]);
    const expected = { pins: json(await harness.recommender.relatedTo(vector, { top: 3 })) };
    expect((await ask(app, 'POST', '/v1/related-to', { ...fresh, top: 3 })).body).toEqual(expected);
    expect((await ask(app, 'POST', '/v1/related-to', { vector: Array.from(vector), top: 3 })).body).toEqual(expected);
    expect((await ask(app, 'POST', '/v1/related-to', { vector: [1, 2] })).body.error.argument).toBe('vector');
    expect((await ask(app, 'POST', '/v1/related-to', { features: { year: 'late' } })).status).toBe(400);
    expect((await ask(app, 'POST', '/v1/related-to', { features: {}, boards: ['none'] })).status).toBe(404);
  });
});

describe('the catalogue', () => {
  it('shows pins and boards', async () => {
    const { pin, boards, boardCount } = (await ask(app, 'GET', '/v1/pins/p0')).body;
    expect(pin).toMatchObject({ id: 'p0', title: harness.made.pins[0].title });
    expect(boardCount).toBe(boards.length);
    const board = (await ask(app, 'GET', `/v1/boards/${boards[0]}`)).body;
    expect(board.board.id).toBe(boards[0]);
    expect(board.pins).toContain('p0');
    expect(board.pinCount).toBe(board.pins.length);
    expect((await ask(app, 'GET', '/v1/pins/p0?columns=year')).body.pin).toEqual({
      id: 'p0',
      row: 0,
      year: String(harness.made.pins[0].year),
    });
    expect((await ask(app, 'GET', '/v1/pins/p0?columns=colour')).status).toBe(400);
    for (const url of ['/v1/pins/nobody', '/v1/boards/none']) expect((await ask(app, 'GET', url)).status).toBe(404);
  });

  it('finds pins by their titles', async () => {
    const { pins } = (await ask(app, 'GET', '/v1/pins?title=SEA&limit=4&columns=title')).body;
    expect(pins.length).toBe(4);
    for (const { title } of pins) expect(title).toContain('sea');
    expect((await ask(app, 'GET', '/v1/pins?title=zebra')).body).toEqual({ pins: [] });
    expect((await ask(app, 'GET', '/v1/pins')).status).toBe(400);
  });
});

describe('the service', () => {
  it('says how it is', async () => {
    expect((await ask(app, 'GET', '/health')).body).toEqual({ status: 'ok' });
    expect((await ask(app, 'GET', '/ready')).body).toEqual({ status: 'ready' });
  });

  it('is not ready while its run is opened, and when that failed', async () => {
    let open = (_: typeof harness.recommender) => {};
    const slow = await harness.service({
      recommender: new Promise((resolve) => {
        open = resolve;
      }),
    });
    expect((await ask(slow, 'GET', '/health')).status).toBe(200);
    expect(await ask(slow, 'GET', '/ready')).toMatchObject({ status: 503, body: { error: { code: 'NOT_READY' } } });
    const early = await ask(slow, 'GET', '/v1/pins/p1/related');
    expect(early).toMatchObject({
      status: 503,
      headers: { 'retry-after': '1' },
      body: { error: { code: 'NOT_READY' } },
    });
    open(harness.recommender);
    await new Promise(setImmediate);
    expect((await ask(slow, 'GET', '/ready')).status).toBe(200);
    expect((await ask(slow, 'GET', '/v1/pins/p1/related')).status).toBe(200);
    const failed = await harness.service({ recommender: Promise.reject(new Error('no run')) });
    expect(await ask(failed, 'GET', '/ready')).toMatchObject({ status: 503 });
  });

  it('counts what it does for Prometheus', async () => {
    const counted = await harness.service();
    for (const id of ['p1', 'p2', 'nobody']) await ask(counted, 'GET', `/v1/pins/${id}/related`);
    await ask(counted, 'GET', '/v1/any/thing');
    const text = (await counted.inject('/metrics')).body;
    const count = (labels: string) =>
      Number(new RegExp(`^pinsage_http_request_duration_seconds_count\\{${labels}\\} (.*)$`, 'm').exec(text)?.[1]);
    expect(count('method="GET",route="/v1/pins/:id/related",status="200"')).toBe(2);
    expect(count('method="GET",route="/v1/pins/:id/related",status="404"')).toBe(1);
    expect(count('method="GET",route="none",status="404"')).toBe(1);
    expect(text).toContain(`\npinsage_pins ${PINS}\n`);
    expect(text).toContain(`\npinsage_boards ${BOARDS}\n`);
    // Nothing is live here.
    expect(text).not.toMatch(/^pinsage_live/m);
    for (const name of ['requests_running', 'requests_waiting', 'event_loop_delay_seconds', 'ready'])
      expect(text).toMatch(new RegExp(`^pinsage_${name} [\\d.e-]+$`, 'm'));
    // Every line is a comment or a sample.
    for (const line of text.split('\n')) expect(line).toMatch(/^(#.*|[a-z_]+(\{.*\})? [\d.e+-]+|)$/);
  });

  it('logs routes and statuses, and neither keys nor what was asked', async () => {
    const lines: string[] = [];
    const { pino } = await import('pino');
    const logger = pino({}, { write: (line: string) => void lines.push(line) });
    const logged = await harness.service({ logger });
    await ask(logged, 'GET', '/v1/pins?title=secretword', undefined, { authorization: 'Bearer secretkey' });
    await ask(logged, 'POST', '/v1/home-feed', { board: 'secretboard' });
    const all = lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'request');
    expect(all.map(({ method, route, status }) => [method, route, status])).toEqual([
      ['GET', '/v1/pins', 200],
      ['POST', '/v1/home-feed', 404],
    ]);
    expect(lines.join('')).not.toContain('secret');
  });

  it('shows its routes without asking anybody else', async () => {
    const page = await app.inject('/docs/');
    expect(page.statusCode).toBe(200);
    expect(page.headers['content-security-policy']).toContain("default-src 'self'");
    expect(page.body).not.toMatch(/(src|href)="(https?:)?\/\//);
    const [, script] = /src="([^"]+bundle\.js)"/.exec(page.body)!;
    expect((await app.inject(new URL(script, 'http://a/docs/').pathname)).statusCode).toBe(200);
  });

  it('lets pages of named origins call it, and by default none', async () => {
    const headers = { origin: 'https://shop.example' };
    expect((await app.inject({ url: '/health', headers })).headers['access-control-allow-origin']).toBeUndefined();
    const open = await harness.service({ cors: ['https://shop.example'] });
    const shop = await open.inject({ url: '/health', headers });
    expect(shop.headers['access-control-allow-origin']).toBe('https://shop.example');
    const other = await open.inject({ url: '/health', headers: { origin: 'https://else.example' } });
    expect(other.headers['access-control-allow-origin']).not.toBe('https://else.example');
  });
});
