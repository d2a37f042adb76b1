import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Recommender } from '@pinsage/inference';
import { ApiKeys, createService } from '@pinsage/service';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeRun, type TestRun } from '../../service/test/run.js';
import { PinSageClient, PinSageHttpError } from '../src/index.js';

let made: TestRun;
let recommender: Recommender;
let service: Awaited<ReturnType<typeof createService>>;
let url: string;
let swaps = 0;
beforeAll(async () => {
  made = await makeRun();
  recommender = await Recommender.open(made.run);
  const swap = async () => {
    swaps++;
  };
  service = await createService({ recommender, keys: ApiKeys.of(['secret']), swap });
  url = await service.listen({ port: 0 });
});
afterAll(async () => {
  await service.close();
  await recommender.close();
  await made.remove();
});

const json = (value: unknown) => JSON.parse(JSON.stringify(value));
const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => {
      throw new Error('There was no error.');
    },
    (error) => error,
  );

describe('PinSageClient', () => {
  it('gets what the library gives', async () => {
    const client = new PinSageClient({ url });
    const options = {
      top: 4,
      columns: ['title', 'year'],
      filter: { year: { gte: 1750, lt: 1950 } },
      exclude: ['p1', 'p2'],
    };
    expect(await client.related('p17', options)).toEqual(json(await recommender.related('p17', options)));
    expect(await client.homeFeed({ board: 'b4' }, options)).toEqual(
      json(await recommender.homeFeed({ board: 'b4' }, options)),
    );
    const feed = { pins: ['p1', 'p7'], weights: [2, 1] };
    expect(await client.homeFeed(feed, { top: 3 })).toEqual(json(await recommender.homeFeed(feed, { top: 3 })));
    const fresh = { features: { title: 'night sea', year: 1900 }, boards: ['b3'] };
    const vector = await recommender.embed([fresh]);
    const [embedded] = await client.embed([fresh]);
    expect(Array.from(embedded)).toEqual(Array.from(vector));
    const expected = json(await recommender.relatedTo(vector));
    expect(await client.relatedTo(fresh)).toEqual(expected);
    expect(await client.relatedTo({ vector })).toEqual(expected);
    expect(await client.search('SEA', { limit: 3, columns: ['title'] })).toEqual(
      json(await recommender.search('SEA', { limit: 3, columns: ['title'] })),
    );
    expect((await client.pin('p17')).pin.title).toBe(made.pins[17].title);
    expect((await client.board('b4')).pins).toContain((await client.pin('p0')).boards.includes('b4') ? 'p0' : 'p1');
    expect(await client.ready()).toBe(true);
  });

  it('asks for many at once, and has errors in their places', async () => {
    const client = new PinSageClient({ url });
    const [first, second] = await client.relatedBatch(['p17', 'nobody'], { top: 3 });
    expect(first).toEqual({ pins: json(await recommender.related('p17', { top: 3 })) });
    expect(second.error?.code).toBe('NOT_FOUND');
    const feeds = await client.homeFeedBatch([{ board: 'b4' }, { pins: ['p1'] }, { board: 'none' }], { top: 2 });
    expect(feeds.map(({ pins, error }) => pins?.length ?? error?.code)).toEqual([2, 2, 'NOT_FOUND']);
  });

  it('says what is wrong by code and status', async () => {
    const client = new PinSageClient({ url });
    const error = await failure(client.related('nobody'));
    expect(error).toBeInstanceOf(PinSageHttpError);
    expect(error).toMatchObject({ code: 'NOT_FOUND', status: 404 });
    expect(await failure(client.related('p1', { top: -1 }))).toMatchObject({
      code: 'INVALID_ARGUMENT',
      argument: 'top',
    });
    expect(await failure(client.related('..'))).toMatchObject({ code: 'INVALID_ARGUMENT', status: 0 });
    expect(await failure(client.pin('p/../1?x=#'))).toMatchObject({ code: 'NOT_FOUND' });
    expect(await failure(client.swap())).toMatchObject({ code: 'UNAUTHORIZED', status: 401 });
    await new PinSageClient({ url, key: 'secret' }).swap();
    expect(swaps).toBe(1);
  });

  it('cannot reach a service that is not there', async () => {
    const server = createServer().listen(0);
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const client = new PinSageClient({ url: `http://127.0.0.1:${port}`, retries: 0 });
    expect(await failure(client.related('p1'))).toMatchObject({ code: 'NETWORK', status: 0 });
  });
});

/** A server that answers with these one after the other: a status and a body, or not at all. */
async function scripted(answers: ({ status: number; body: unknown; headers?: Record<string, string> } | 'silence')[]) {
  const asked: string[] = [];
  const server: Server = createServer((request, response) => {
    const answer = answers[Math.min(asked.push(`${request.method} ${request.url}`), answers.length) - 1];
    if (answer === 'silence') return;
    response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
    response.end(JSON.stringify(answer.body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/base`, asked, [Symbol.dispose]: close };
}

const refusal = (code: string) => ({ error: { code, message: 'No.' } });
const NOW = { 'retry-after': '0' };

describe('retries', () => {
  it('asks again for what can be asked again', async () => {
    const pins = [{ id: 'p2', row: 2, score: 1 }];
    using server = await scripted([
      { status: 503, body: refusal('OVERLOADED'), headers: NOW },
      { status: 429, body: refusal('RATE_LIMITED') },
      { status: 200, body: { pins } },
    ]);
    expect(await new PinSageClient({ url: server.url }).related('a/b c', { top: 2 })).toEqual(pins);
    expect(server.asked).toEqual(Array(3).fill('GET /base/v1/pins/a%2Fb%20c/related?top=2'));
  });

  it('gives up after its tries', async () => {
    using server = await scripted([{ status: 503, body: refusal('OVERLOADED'), headers: NOW }]);
    const client = new PinSageClient({ url: server.url, retries: 1 });
    expect(await failure(client.homeFeed({ board: 'b' }))).toMatchObject({
      code: 'OVERLOADED',
      status: 503,
      retryAfter: 0,
    });
    expect(server.asked.length).toBe(2);
  });

  it('does not repeat a write that may have been done, nor an error of the client', async () => {
    using server = await scripted([{ status: 503, body: refusal('IO'), headers: NOW }]);
    const client = new PinSageClient({ url: server.url, key: 'k' });
    await failure(client.addEdges([{ pin: 'p', board: 'b' }]));
    expect(server.asked.length).toBe(1);
    using other = await scripted([{ status: 404, body: refusal('NOT_FOUND') }]);
    await failure(new PinSageClient({ url: other.url }).pin('p'));
    expect(other.asked.length).toBe(1);
  });

  it('repeats a write that was not begun', async () => {
    using server = await scripted([
      { status: 429, body: refusal('RATE_LIMITED'), headers: NOW },
      { status: 200, body: { added: 1 } },
    ]);
    const client = new PinSageClient({ url: server.url, key: 'k' });
    expect(await client.addEdges([{ pin: 'p', board: 'b' }])).toEqual({ added: 1 });
  });

  it('stops waiting after its time, and when it is told to', async () => {
    using server = await scripted(['silence']);
    const client = new PinSageClient({ url: server.url, timeout: 50 });
    expect(await failure(client.related('p'))).toMatchObject({ code: 'TIMEOUT', status: 0 });
    const reason = new Error('enough');
    const patient = new PinSageClient({ url: server.url });
    expect(await failure(patient.related('p', { signal: AbortSignal.abort(reason) }))).toBe(reason);
    const controller = new AbortController();
    const waiting = failure(patient.related('p', { signal: controller.signal }));
    setTimeout(() => controller.abort(reason), 20);
    expect(await waiting).toBe(reason);
  });

  it('says when what answers is no PinSage service', async () => {
    using server = await scripted([{ status: 418, body: 'teapot' }]);
    expect(await failure(new PinSageClient({ url: server.url }).related('p'))).toMatchObject({
      code: 'BAD_ANSWER',
      status: 418,
    });
  });
});
