import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADDRESSES, makeHosts, on as onHost, removeHosts, unplug } from '../../../native/test/two-hosts.js';
import { BIN, finish, type Outcome, pinsage } from './command.js';
import { writeFilms } from './films.js';

const problem = makeHosts();

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pinsage-hosts-'));
});

afterAll(async () => {
  removeHosts();
  await rm(directory, { recursive: true, force: true });
});

function on(host: number, args: string[]): { outcome: Promise<Outcome>; kill: () => void } {
  const [command, ...before] = onHost(host);
  const child = spawn(command, [...before, process.execPath, BIN, ...args, '--threads', '1', '--json'], {
    stdio: 'pipe',
    env: { ...process.env, PINSAGE_TOKEN: 'a secret' },
  });
  return { outcome: finish(child), kill: () => child.kill('SIGKILL') };
}

describe.skipIf(problem !== undefined)('workers on two hosts', () => {
  it('are one worker together, and hear when one of them dies', async () => {
    // Each host has a dataset of its own.
    const { films, ratings } = await writeFilms(join(directory, 'raw'));
    const columns = ['--pin', 'movieId', '--board', 'userId', '--pins', films, '--pin-id', 'movieId'];
    const datasets = [join(directory, 'a'), join(directory, 'b')];
    for (const dataset of datasets) {
      const { code } = await pinsage(['import', ratings, ...columns, '--feature', 'title:text', '--out', dataset]);
      expect(code).toBe(0);
    }
    const settings = ['--batch', '96', '--output', '16', '--set', 'trainer.stepsPerEpoch=10', '--no-embed'];
    const losses = async (name: string) => {
      const text = await readFile(join(directory, name, 'metrics.jsonl'), 'utf8');
      return text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).loss as number);
    };
    const train = (name: string, steps: number) => {
      const out = ['train', datasets[0], '--out', join(directory, name), '--steps', String(steps), ...settings];
      const address = `${ADDRESSES[0]}:29511`;
      return [
        on(0, [...out, '--workers', '3', '--listen', address]),
        ...[1, 2].map((rank) => on(1, ['train', datasets[1], '--join', address, '--rank', String(rank)])),
      ];
    };

    const alone = await pinsage([
      'train',
      datasets[0],
      '--out',
      join(directory, 'alone'),
      '--steps',
      '20',
      ...settings,
    ]);
    expect(alone.code).toBe(0);
    const [first, ...others] = await Promise.all(train('together', 20).map(({ outcome }) => outcome));
    expect(first.json).toMatchObject({ steps: 20, workers: 3 });
    expect(others.map(({ json }) => json)).toEqual([1, 2].map((worker) => ({ worker, workers: 3, steps: 20 })));
    const [expected, actual] = [await losses('alone'), await losses('together')];
    actual.forEach((loss, i) => {
      expect(Math.abs(loss - expected[i])).toBeLessThan(1e-5);
    });

    const doomed = train('doomed', 100_000);
    while ((await losses('doomed').catch(() => [])).length < 5) await setTimeout(50);
    doomed[2].kill();
    const ends = await Promise.all(doomed.map(({ outcome }) => outcome));
    for (const { code, json } of ends.slice(0, 2)) {
      expect(code).toBe(1);
      expect(json.error.message).toContain('Worker 2 of 3 was lost: it was killed, or its machine is gone');
    }

    const cut = train('cut', 100_000);
    while ((await losses('cut').catch(() => [])).length < 5) await setTimeout(50);
    unplug(1);
    const [kept, ...vanished] = await Promise.all(cut.map(({ outcome }) => outcome));
    expect(kept.json.error).toMatchObject({ code: 'PEER_LOST', message: expect.stringMatching(/[12] of 3 was lost/) });
    expect(kept.json.error.message).toContain('checkpoint-');
    for (const { json } of vanished) {
      expect(json.error).toMatchObject({ code: 'PEER_LOST', message: expect.stringContaining('0 of 3 was lost') });
    }
  });
});
