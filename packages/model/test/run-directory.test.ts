import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RunDirectory } from '../src/index.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pinsage-run-'));
});
afterEach(() => rm(directory, { recursive: true }));

const create = (path: string) =>
  RunDirectory.create(path, {
    dataset: join(directory, 'data'),
    split: 'edges',
    model: { layers: 1 },
    trainer: { epochs: 2 },
  });

describe('RunDirectory', () => {
  it('is opened as it was created, with the dataset relative to it', async () => {
    const path = join(directory, 'runs', 'one');
    await create(path);
    const run = await RunDirectory.open(path);
    expect(run.config).toEqual({
      version: 1,
      dataset: '../../data',
      split: 'edges',
      model: { layers: 1 },
      trainer: { epochs: 2 },
    });
    expect(run.datasetPath).toBe(join(directory, 'data'));
    expect(run.modelPath).toBe(join(path, 'model.safetensors'));
    expect(run.checkpointPath(20)).toBe(join(path, 'checkpoint-00000020'));
    expect(await readdir(path)).toEqual(['config.json']);
  });

  it('is not created twice', async () => {
    const path = join(directory, 'one');
    await create(path);
    const before = await readFile(join(path, 'config.json'), 'utf8');
    await expect(create(path)).rejects.toMatchObject({ code: 'FILE_EXISTS' });
    expect(await readFile(join(path, 'config.json'), 'utf8')).toBe(before);
  });

  it('is refused when missing, corrupt or newer', async () => {
    const refused = (code: string) => expect(RunDirectory.open(directory)).rejects.toMatchObject({ code });
    await refused('FILE_NOT_FOUND');
    for (const [text, code] of [
      ['{"version": 1', 'FILE_CORRUPT'],
      ['{}', 'FILE_CORRUPT'],
      ['null', 'FILE_CORRUPT'],
      ['{"version": 1, "dataset": "x"}', 'FILE_CORRUPT'],
      ['{"version": 1, "dataset": "x", "split": 1, "model": {}, "trainer": {}}', 'FILE_CORRUPT'],
      ['{"version": 1, "dataset": "x", "split": null, "model": [], "trainer": null}', 'FILE_CORRUPT'],
      ['{"version": 2, "dataset": "x"}', 'FILE_VERSION'],
    ]) {
      await writeFile(join(directory, 'config.json'), text);
      await refused(code);
    }
  });
});

describe('the lock', () => {
  const locked = { code: 'LOCKED' };

  it('keeps others out until it is given back', async () => {
    await create(join(directory, 'one'));
    const [one, two] = await Promise.all([1, 2].map(() => RunDirectory.open(join(directory, 'one'))));
    await one.lock();
    await expect(two.lock()).rejects.toMatchObject(locked);
    await one.unlock();
    await two.lock();
    await two.unlock();
    expect(await readdir(one.path)).toEqual(['config.json']);
  });

  it('of another living process is respected, and taken over when that has ended', async () => {
    const run = await create(join(directory, 'one'));
    const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    await once(other, 'spawn');
    const owner = { pid: other.pid, host: hostname(), started: null };
    await writeFile(join(run.path, 'lock'), JSON.stringify(owner));
    await expect(run.lock()).rejects.toMatchObject(locked);
    other.kill('SIGKILL');
    await once(other, 'exit');
    await run.lock();
    await run.unlock();
    expect(await readdir(run.path)).toEqual(['config.json']);
  });

  it('left by an earlier process of the same number is taken over', async () => {
    const run = await create(join(directory, 'one'));
    await writeFile(join(run.path, 'lock'), JSON.stringify({ pid: process.pid, host: hostname(), started: '1' }));
    await run.lock();
    await run.unlock();
  });

  it('of another machine is respected', async () => {
    const run = await create(join(directory, 'one'));
    await writeFile(join(run.path, 'lock'), JSON.stringify({ pid: 1, host: 'elsewhere', started: null }));
    await expect(run.lock()).rejects.toMatchObject(locked);
  });

  it('that cannot be read is taken over', async () => {
    const run = await create(join(directory, 'one'));
    await writeFile(join(run.path, 'lock'), '');
    await run.lock();
    await run.unlock();
  });
});
