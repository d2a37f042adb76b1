import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BIN, finish, type Outcome, pinsage } from './command.js';
import { writeFilms } from './films.js';

// Two hosts are two network namespaces of this one, with a cable between them.
const HOSTS = [`pinsage-a-${process.pid}`, `pinsage-b-${process.pid}`];
const CABLE = [`pa${process.pid}`, `pb${process.pid}`];
const ADDRESSES = ['10.77.61.1', '10.77.61.2'];

function ip(...args: string[]): string | undefined {
  const { status, stderr, error } = spawnSync('ip', args, { encoding: 'utf8' });
  return status === 0 ? undefined : (error?.message ?? stderr.trim());
}

function removeHosts(): void {
  for (const host of HOSTS) ip('netns', 'del', host);
}

/** Why there can be no such hosts here; undefined where there are. */
function makeHosts(): string | undefined {
  const problems = [
    ...HOSTS.map((host) => ip('netns', 'add', host)),
    ip('link', 'add', CABLE[0], 'netns', HOSTS[0], 'type', 'veth', 'peer', 'name', CABLE[1], 'netns', HOSTS[1]),
    ...HOSTS.flatMap((host, i) => [
      ip('-n', host, 'addr', 'add', `${ADDRESSES[i]}/24`, 'dev', CABLE[i]),
      ip('-n', host, 'link', 'set', CABLE[i], 'up'),
      ip('-n', host, 'link', 'set', 'lo', 'up'),
    ]),
  ];
  return problems.find((problem) => problem !== undefined);
}

const problem = process.platform === 'linux' ? makeHosts() : 'only on Linux';
if (problem !== undefined) {
  removeHosts();
  console.warn(`Network namespaces cannot be made, the test of several hosts is left out: ${problem}`);
}

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pinsage-hosts-'));
});

afterAll(async () => {
  removeHosts();
  await rm(directory, { recursive: true, force: true });
});

function on(host: number, args: string[]): { outcome: Promise<Outcome>; kill: () => void } {
  const child = spawn(
    'ip',
    ['netns', 'exec', HOSTS[host], process.execPath, BIN, ...args, '--threads', '1', '--json'],
    {
      stdio: 'pipe',
      env: { ...process.env, PINSAGE_TOKEN: 'a secret' },
    },
  );
  // `ip netns exec` becomes the program.
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
  });
});
