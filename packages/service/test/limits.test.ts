import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Gate } from '../src/gate.js';
import { RateLimit } from '../src/rate.js';
import { ask, Harness, SLOW } from './harness.js';

let harness: Harness;
beforeAll(async () => {
  harness = await Harness.open();
});
afterAll(() => harness.close());

/** Sends bytes as they are and gives back all that comes until the service closes the connection. */
function raw(port: number, send: (socket: ReturnType<typeof connect>) => void): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => send(socket));
    let received = '';
    socket.on('data', (data) => {
      received += data;
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(received));
  });
}

const MEGABYTES = `{"pins":[${'{"id":"p1"},'.repeat(900_000)}{"id":"p1"}]}`;

describe('the size of bodies', () => {
  it('is limited, whether it is told or not', async () => {
    const { url, service } = await harness.listen();
    expect(MEGABYTES.length).toBeGreaterThan(1e7);
    const told = await ask(service, 'POST', '/v1/related', MEGABYTES);
    expect(told).toMatchObject({ status: 413, body: { error: { code: 'PAYLOAD_TOO_LARGE' } } });
    const headers = { 'content-type': 'application/json' };
    const payload = Readable.from([MEGABYTES.slice(0, 1e6), MEGABYTES.slice(1e6)]);
    const untold = await service.inject({ method: 'POST', url: '/v1/related', headers, payload });
    expect(untold.statusCode).toBe(413);
    // Over a socket the answer may be cut off together with the body; the service goes on.
    await fetch(`${url}/v1/related`, { method: 'POST', headers, body: MEGABYTES }).catch(() => {});
    expect((await fetch(`${url}/health`)).status).toBe(200);
    const large = await harness.service({ limits: { body: 2 ** 25, batch: 2 } });
    expect((await ask(large, 'POST', '/v1/related', MEGABYTES)).status).toBe(400);
  });
});

describe('slow clients', () => {
  it('are let go when headers or bodies take too long', async () => {
    const { port } = await harness.listen({ limits: { receive: 200 } });
    const headers = raw(port, (socket) => socket.write('GET /health HTTP/1.1\r\nhost: a\r\nx-slow: '));
    const body = raw(port, (socket) =>
      socket.write(
        'POST /v1/related HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{',
      ),
    );
    expect(await headers).toMatch(/^HTTP\/1\.1 408 /);
    expect(await body).toMatch(/^HTTP\/1\.1 408 /);
    expect(JSON.parse((await body).split('\r\n\r\n')[1])).toMatchObject({ error: { code: 'INVALID_REQUEST' } });
  });
});

describe('what never becomes a request', () => {
  it('is answered as other errors are', async () => {
    const { url, port } = await harness.listen();
    const long = await fetch(`${url}/v1/pins?title=${'a'.repeat(20_000)}`);
    expect([long.status, await long.json()]).toEqual([
      431,
      { error: { code: 'INVALID_REQUEST', message: expect.stringContaining('16 KiB') } },
    ]);
    const [head, body] = (await raw(port, (socket) => socket.write('NONSENSE\r\n\r\n'))).split('\r\n\r\n');
    expect(head).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(JSON.parse(body)).toMatchObject({ error: { code: 'INVALID_REQUEST' } });
  });
});

describe('rates', () => {
  it('fill as time goes by', () => {
    let now = 0;
    const limit = new RateLimit(10, () => now);
    for (let i = 0; i < 20; ++i) expect(limit.take('a')).toBe(0);
    expect(limit.take('a')).toBeCloseTo(0.1);
    expect(limit.take('b')).toBe(0);
    now = 100;
    expect(limit.take('a')).toBe(0);
    expect(limit.take('a')).toBeGreaterThan(0);
    now = 1e9;
    for (let i = 0; i < 20; ++i) expect(limit.take('a')).toBe(0);
    expect(limit.take('a')).toBeGreaterThan(0);
  });

  it('turn a client away, and not those who look after the service', async () => {
    const service = await harness.service({ limits: { rate: 0.5 } });
    expect((await ask(service, 'GET', '/v1/pins/p1')).status).toBe(200);
    const second = await ask(service, 'GET', '/v1/pins/p1');
    expect(second).toMatchObject({ status: 429, body: { error: { code: 'RATE_LIMITED' } } });
    expect(Number(second.headers['retry-after'])).toBeGreaterThanOrEqual(1);
    expect((await ask(service, 'GET', '/health')).status).toBe(200);
  });

  it('are of the client behind a proxy that is trusted, and of no address that a client makes up', async () => {
    const limits = { rate: 0.5 };
    const from = (address: string) => ({ 'x-forwarded-for': address });
    const behind = await harness.service({ limits, trustProxy: ['127.0.0.1'] });
    for (const client of ['10.0.0.1', '10.0.0.2'])
      expect((await ask(behind, 'GET', '/v1/pins/p1', undefined, from(client))).status).toBe(200);
    const direct = await harness.service({ limits });
    expect((await ask(direct, 'GET', '/v1/pins/p1', undefined, from('10.0.0.1'))).status).toBe(200);
    expect((await ask(direct, 'GET', '/v1/pins/p1', undefined, from('10.0.0.2'))).status).toBe(429);
  });
});

describe('Gate', () => {
  const never = new AbortController().signal;

  it('lets so many in, keeps the order of the others, and turns the rest away', async () => {
    const gate = new Gate(1, 2);
    const entered: number[] = [];
    await gate.enter(never);
    const waiting = [1, 2].map((i) => gate.enter(never).then(() => entered.push(i)));
    await expect(gate.enter(never)).rejects.toMatchObject({ code: 'OVERLOADED' });
    expect([gate.running, gate.waiting]).toEqual([1, 2]);
    gate.leave();
    gate.leave();
    await Promise.all(waiting);
    expect(entered).toEqual([1, 2]);
    gate.leave();
    expect([gate.running, gate.waiting]).toEqual([0, 0]);
  });

  it('forgets who does not wait any more', async () => {
    const gate = new Gate(1, 1);
    await gate.enter(never);
    const controller = new AbortController();
    const waiting = gate.enter(controller.signal);
    controller.abort(new Error('gone'));
    await expect(waiting).rejects.toThrow('gone');
    expect(gate.waiting).toBe(0);
    gate.leave();
    await gate.enter(never);
    expect(gate.running).toBe(1);
  });
});

describe('concurrency', () => {
  it('is limited: some wait, and more get 503', async () => {
    const service = await harness.service({ limits: { concurrency: 1, queue: 1 } });
    await service.ready();
    const answers = await Promise.all([1, 2, 3, 4].map(() => ask(service, 'POST', '/v1/related', SLOW)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 503, 503]);
    const refused = answers.find(({ status }) => status === 503);
    expect(refused).toMatchObject({ headers: { 'retry-after': '1' }, body: { error: { code: 'OVERLOADED' } } });
    expect((await ask(service, 'GET', '/v1/pins/p1/related')).status).toBe(200);
  });
});

describe('time', () => {
  it('is limited: the work is stopped, and its place is free again', async () => {
    const service = await harness.service({ limits: { timeout: 5, concurrency: 1 } });
    const related = vi.spyOn(harness.recommender, 'related');
    try {
      const late = await ask(service, 'POST', '/v1/related', SLOW);
      expect(late).toMatchObject({ status: 504, body: { error: { code: 'TIMEOUT' } } });
      await until(async () => (await metric(service, 'pinsage_requests_running')) === 0);
      expect(related.mock.calls.length).toBeLessThan(SLOW.pins.length);
    } finally {
      related.mockRestore();
    }
  });

  it('is not spent on clients that have left', async () => {
    const { service, url } = await harness.listen({ limits: { concurrency: 1 } });
    const related = vi.spyOn(harness.recommender, 'related');
    try {
      const controller = new AbortController();
      const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(SLOW) };
      const asked = fetch(`${url}/v1/related`, { ...init, signal: controller.signal }).catch(() => 'left');
      await until(async () => related.mock.calls.length > 0);
      controller.abort();
      expect(await asked).toBe('left');
      await until(async () => (await metric(service, 'pinsage_requests_running')) === 0);
      expect(related.mock.calls[0][1]?.signal?.aborted).toBe(true);
      expect(related.mock.calls.length).toBeLessThan(SLOW.pins.length);
      const count = 'pinsage_http_request_duration_seconds_count{method="POST",route="/v1/related",status="499"} 1';
      await until(async () => (await service.inject('/metrics')).body.includes(`${count}\n`));
    } finally {
      related.mockRestore();
    }
  });
});

async function metric(service: Awaited<ReturnType<Harness['service']>>, name: string): Promise<number> {
  return Number(new RegExp(`^${name} (.*)$`, 'm').exec((await service.inject('/metrics')).body)?.[1]);
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await sleep(2);
}
