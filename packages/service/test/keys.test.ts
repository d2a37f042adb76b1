import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiKeys, makeKey } from '../src/index.js';
import { ask, Harness } from './harness.js';

let directory: string;
let harness: Harness;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pinsage-keys-'));
  harness = await Harness.open();
});
afterAll(async () => {
  await harness.close();
  await rm(directory, { recursive: true });
});

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

describe('files of keys', () => {
  it('have hashes alone', async () => {
    const file = join(directory, 'keys.txt');
    const first = await makeKey(file, 'the shop');
    const second = await makeKey(file);
    expect(Buffer.from(first.slice(3), 'base64url').length).toBe(32);
    expect(first).not.toBe(second);
    const text = await readFile(file, 'utf8');
    expect(text).toMatch(/^[0-9a-f]{64} {2}the shop\n[0-9a-f]{64} {2}\n$/);
    expect(text).not.toContain(first);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const keys = await ApiKeys.open(file);
    expect([first, second, `${first}x`, first.slice(0, -1), ''].map((key) => keys.has(key))).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });

  it('are refused when they are not there or something else', async () => {
    await expect(ApiKeys.open(join(directory, 'none'))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    const file = join(directory, 'notes.txt');
    await writeFile(file, 'my password\n');
    await expect(ApiKeys.open(file)).rejects.toMatchObject({ code: 'FILE_CORRUPT' });
    await expect(makeKey(join(directory, 'keys2.txt'), 'two\nlines')).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
    await expect(makeKey(join(directory, 'none/keys.txt'))).rejects.toMatchObject({ code: 'IO' });
  });
});

describe('keys', () => {
  const edges = { edges: [{ pin: 'p1', board: 'b1' }] };

  it('are needed for writing, and not for reading', async () => {
    let swaps = 0;
    const swap = async () => void swaps++;
    const service = await harness.service({ keys: ApiKeys.of(['one', 'two']), swap });
    expect((await ask(service, 'GET', '/v1/pins/p1')).status).toBe(200);
    for (const headers of [{}, bearer('three'), { authorization: 'Basic one' }, bearer('')]) {
      const refused = await ask(service, 'POST', '/v1/admin/swap', undefined, headers);
      expect(refused).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Bearer' } });
      expect((await ask(service, 'POST', '/v1/edges', edges, headers)).body.error.code).toBe('UNAUTHORIZED');
    }
    expect(swaps).toBe(0);
    for (const key of ['one', 'two'])
      expect((await ask(service, 'POST', '/v1/admin/swap', undefined, bearer(key))).status).toBe(200);
    expect(swaps).toBe(2);
  });

  it('are asked for before the body is looked at', async () => {
    const service = await harness.service({ keys: ApiKeys.of(['one']) });
    expect((await ask(service, 'POST', '/v1/edges', '{"broken')).status).toBe(401);
    expect((await ask(service, 'POST', '/v1/edges', '{"broken', bearer('one'))).status).toBe(400);
  });

  it('let nobody write where there are none', async () => {
    const service = await harness.service();
    for (const headers of [{}, bearer('one')])
      expect((await ask(service, 'POST', '/v1/edges', edges, headers)).body.error.code).toBe('NO_KEYS');
  });

  it('can be asked for everywhere but where the service is looked after', async () => {
    const service = await harness.service({ keys: ApiKeys.of(['one']), keysForReads: true });
    for (const url of ['/v1/pins/p1', '/v1/pins/p1/related', '/metrics']) {
      expect((await service.inject(url)).statusCode).toBe(401);
      expect((await service.inject({ url, headers: bearer('one') })).statusCode).toBe(200);
    }
    for (const url of ['/health', '/ready', '/openapi.json', '/docs/'])
      expect((await service.inject(url)).statusCode).toBe(200);
  });
});
