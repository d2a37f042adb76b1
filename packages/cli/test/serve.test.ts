import { cp, readFile, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Recommender } from '@pinsage/inference';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeRun, type TestRun } from '../../service/test/run.js';
import { pinsage, start } from './command.js';

let made: TestRun;
beforeAll(async () => {
  made = await makeRun();
});
afterAll(() => made.remove());

/** Starts a service in a process of its own; `line` gives the next line of its log with this message. */
const serve = (...flags: string[]) => serveRun(made.run, ...flags);
async function serveRun(run: string, ...flags: string[]) {
  const { child, outcome } = start(['serve', run, '--port', '0', ...flags]);
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  const line = async (message: string) => {
    for (;;) {
      const { value, done } = await lines.next();
      if (done) throw new Error(`The service has ended: ${(await outcome).stderr}`);
      const entry = JSON.parse(value);
      if (entry.msg === message) return entry;
    }
  };
  const { url } = await line('ready');
  return { child, outcome, line, url };
}

describe('pinsage serve', () => {
  it('answers what has begun when it is told to stop, and then is gone', async () => {
    const { child, outcome, url } = await serve();
    expect(new URL(url).hostname).toBe('127.0.0.1');
    const pins = Array.from({ length: 200 }, (_, pin) => ({ id: `p${pin}` }));
    const init = { method: 'POST', headers: { 'content-type': 'application/json' } };
    const batch = fetch(`${url}/v1/related`, { ...init, body: JSON.stringify({ pins, diversity: 0.5, top: 200 }) });
    // The batch has begun when this one, which came after it, is answered.
    await fetch(`${url}/v1/pins/p1/related`);
    child.kill('SIGTERM');
    const answer = await batch;
    expect(answer.status).toBe(200);
    expect(((await answer.json()) as { results: unknown[] }).results.length).toBe(200);
    expect((await outcome).code).toBe(0);
    await expect(fetch(`${url}/health`)).rejects.toThrow();
  });

  it('swaps the run at a hangup while requests go on', async () => {
    const { child, outcome, url, line } = await serve();
    let asking = true;
    const statuses: number[] = [];
    const asked = (async () => {
      while (asking) statuses.push((await fetch(`${url}/v1/pins/p17/related`)).status);
    })();
    child.kill('SIGHUP');
    await line('swapped');
    const until = statuses.length + 5;
    while (statuses.length < until) await new Promise((resolve) => setTimeout(resolve, 5));
    asking = false;
    await asked;
    expect(new Set(statuses)).toEqual(new Set([200]));
    child.kill('SIGINT');
    expect((await outcome).code).toBe(0);
  });

  it('takes writes with the keys that it has made', async () => {
    const file = join(made.directory, 'keys.txt');
    const { json, code } = await pinsage(['serve', '--new-key', file, '--name', 'shop', '--json']);
    expect(code).toBe(0);
    expect(await readFile(file, 'utf8')).not.toContain(json.key);
    const { child, outcome, url } = await serve('--keys', file, '--live');
    const write = (key: string) =>
      fetch(`${url}/v1/edges`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ edges: [{ pin: 'p299', board: 'b1' }] }),
      });
    expect((await write('wrong')).status).toBe(401);
    expect(await (await write(json.key)).json()).toEqual({ added: 1 });
    child.kill('SIGTERM');
    expect((await outcome).code).toBe(0);
    await rm(file);
  });

  it('swaps a run that is changed for another, and loses no change', async () => {
    const file = join(made.directory, 'keys.txt');
    const { json } = await pinsage(['serve', '--new-key', file, '--json']);
    const [link, another] = [join(made.directory, 'current'), join(made.directory, 'another')];
    await rm(join(made.run, 'live'), { recursive: true, force: true });
    await cp(made.run, another, { recursive: true });
    await symlink(made.run, link);
    const { child, outcome, url, line } = await serveRun(link, '--keys', file, '--live');
    const send = (path: string, body?: object) =>
      fetch(url + path, {
        method: 'POST',
        headers: { authorization: `Bearer ${json.key}`, ...(body && { 'content-type': 'application/json' }) },
        body: body && JSON.stringify(body),
      });
    const same = await send('/v1/admin/swap');
    expect([same.status, await same.json()]).toMatchObject([409, { error: { code: 'NOT_SWAPPED' } }]);
    const added: string[] = [];
    let writing = true;
    const write = async (writer: number) => {
      for (let i = 0; writing; ++i) {
        const id = `new-${writer}-${i}`;
        const answer = await send('/v1/pins', { pins: [{ id, features: { title: 'boat' }, boards: ['b1'] }] });
        expect([id, answer.status]).toEqual([id, 200]);
        added.push(id);
      }
    };
    const writers = [0, 1, 2, 3].map(write);
    await symlink(another, `${link}.new`);
    await rename(`${link}.new`, link);
    child.kill('SIGHUP');
    await line('swapped');
    const until = added.length + 8;
    while (added.length < until) await new Promise((resolve) => setTimeout(resolve, 5));
    writing = false;
    await Promise.all(writers);
    for (const id of added) expect([id, (await fetch(`${url}/v1/pins/${id}`)).status]).toEqual([id, 200]);
    child.kill('SIGTERM');
    expect((await outcome).code).toBe(0);
    await using recommender = await Recommender.open(another);
    expect(added.filter((id) => recommender.catalogue.pinRows([id])[0] < 0)).toEqual([]);
    await rm(file);
  });

  it('searches as it is told to', async () => {
    const index = async () => JSON.parse(await readFile(join(made.run, 'index.json'), 'utf8'));
    const exact = await serve('--search', 'exact', '--store', 'i8');
    exact.child.kill('SIGTERM');
    await exact.outcome;
    await expect(index()).rejects.toThrow();
    const { child, outcome, url } = await serve('--search', 'hnsw', '--store', 'f32');
    expect((await fetch(`${url}/v1/pins/p17/related`)).status).toBe(200);
    expect(await index()).toMatchObject({ store: 'f32' });
    child.kill('SIGTERM');
    expect((await outcome).stdout).toContain('The index is built');
    for (const wrong of [
      ['--search', 'fast'],
      ['--store', 'f64'],
    ])
      expect((await pinsage(['serve', made.run, ...wrong])).code).toBe(2);
  });

  it('says what keeps it from serving', async () => {
    const missing = await pinsage(['serve', join(made.directory, 'none'), '--port', '0']);
    expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining('[FILE_NOT_FOUND]')]);
    expect((await pinsage(['serve'])).code).toBe(2);
    const { child, outcome, url } = await serve();
    const taken = await pinsage(['serve', made.run, '--port', new URL(url).port]);
    expect([taken.code, taken.stderr]).toEqual([1, expect.stringContaining('[IO]')]);
    child.kill('SIGTERM');
    await outcome;
  });
});
