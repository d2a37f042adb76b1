import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pinsage, start } from './command.js';
import { writeFilms } from './films.js';

let directory: string;
let dataset: string;

const SMALL = ['--batch', '96', '--output', '16', '--seed', '3', '--no-embed', '--json'].concat(
  ['model.width=32', 'model.hidden=32', 'trainer.negatives.shared=40', 'trainer.stepsPerEpoch=10'].flatMap(
    (setting) => ['--set', setting],
  ),
);

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pinsage-workers-'));
  dataset = join(directory, 'films');
  const { films, ratings } = await writeFilms(join(directory, 'raw'));
  const columns = ['--pin', 'movieId', '--board', 'userId', '--pins', films, '--pin-id', 'movieId'];
  const { code } = await pinsage(['import', ratings, ...columns, '--feature', 'title:text', '--out', dataset]);
  expect(code).toBe(0);
});

afterAll(() => rm(directory, { recursive: true, force: true }));

const out = (name: string) => join(directory, name);

async function losses(run: string): Promise<number[]> {
  const lines = (await readFile(join(run, 'metrics.jsonl'), 'utf8')).trim().split('\n');
  return lines.map((line) => JSON.parse(line).loss);
}

function expectEqual(actual: number[], expected: number[]): void {
  expect(actual.length).toBe(expected.length);
  actual.forEach((loss, i) => {
    expect(Math.abs(loss - expected[i])).toBeLessThan(1e-5);
  });
}

/** Processes that others have started. */
function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((child) => {
      try {
        const stat = readFileSync(`/proc/${child}/stat`, 'utf8');
        return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === pid;
      } catch {
        return false;
      }
    });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Starts a training without end, and waits for its first steps. */
async function started(name: string, ...flags: string[]) {
  const { child, outcome } = start(['train', dataset, '--out', out(name), '--steps', '100000', ...SMALL, ...flags]);
  const log = join(out(name), 'metrics.jsonl');
  while ((await readFile(log, 'utf8').catch(() => '')).split('\n').length < 4) await setTimeout(50);
  return { child, outcome };
}

describe('train --workers', () => {
  it('starts processes that are one worker together', async () => {
    const one = await pinsage(['train', dataset, '--out', out('one'), '--steps', '20', ...SMALL]);
    expect(one.json).toMatchObject({ steps: 20, workers: 1 });
    const two = await pinsage(['train', dataset, '--out', out('two'), '--steps', '20', '--workers', '2', ...SMALL]);
    expect(two.stderr).not.toContain('pinsage:');
    expect(two.code).toBe(0);
    expect(two.json).toMatchObject({ steps: 20, workers: 2 });
    expectEqual(await losses(out('two')), await losses(out('one')));
    expect(two.json.recallAt20).toBeCloseTo(one.json.recallAt20, 1);

    const longer = ['--steps', '30', '--no-embed', '--json'];
    const more = await pinsage(['train', '--resume', out('two'), '--workers', '3', ...longer]);
    expect(more.json).toMatchObject({ steps: 30, workers: 3 });
    expect((await pinsage(['train', '--resume', out('one'), ...longer])).code).toBe(0);
    expectEqual(await losses(out('two')), await losses(out('one')));
  });

  it.runIf(process.platform === 'linux')(
    'saves a checkpoint when it is told to stop, and leaves no process',
    async () => {
      const { child, outcome } = await started('stopped', '--workers', '3');
      const children = childrenOf(child.pid!);
      expect(children.length).toBe(2);
      child.kill('SIGTERM');
      const { code, json } = await outcome;
      expect(code).toBe(130);
      expect(json.error.message).toContain(`Go on with: pinsage train --resume ${out('stopped')}`);
      expect(children.filter(isAlive)).toEqual([]);
      const steps = (await losses(out('stopped'))).length;
      expect(json.error.message).toContain(`after step ${steps}; the checkpoint is in`);
    },
  );

  it.runIf(process.platform === 'linux')('ends when one of its processes is killed, and says so', async () => {
    const { child, outcome } = await started('killed', '--workers', '3');
    const [first, second] = childrenOf(child.pid!);
    process.kill(first, 'SIGKILL');
    const { code, json } = await outcome;
    expect(code).toBe(1);
    expect(json.error.code).toBe('PEER_LOST');
    expect(json.error.message).toMatch(/^Worker [12] of 3 was lost: it was killed.*the checkpoint is in/);
    expect(isAlive(second)).toBe(false);
  });

  it.runIf(process.platform === 'linux')('leaves no process when it is killed itself', async () => {
    const { child, outcome } = await started('orphans', '--workers', '2');
    const [other] = childrenOf(child.pid!);
    child.kill('SIGKILL');
    await outcome;
    while (isAlive(other)) await setTimeout(50);
  });
});

describe('train --join', () => {
  const join = (...flags: string[]) => pinsage(['train', dataset, '--join', ...flags, '--json']);

  it('says what is missing', async () => {
    expect((await join('127.0.0.1')).json.error).toMatchObject({ code: 'INVALID_ARGUMENT', argument: 'PINSAGE_TOKEN' });
    process.env.PINSAGE_TOKEN = 'secret';
    try {
      expect((await join('127.0.0.1')).json.error).toMatchObject({ code: 'INVALID_ARGUMENT', argument: '--join' });
      const one = await pinsage(['train', dataset, '--out', out('none'), '--listen', '127.0.0.1:0', ...SMALL]);
      expect(one.json.error).toMatchObject({ code: 'INVALID_ARGUMENT', argument: '--workers' });
      const both = await join('127.0.0.1:29500', '--out', out('none'));
      expect(both.json.error).toMatchObject({ code: 'INVALID_ARGUMENT', argument: '--join' });
    } finally {
      delete process.env.PINSAGE_TOKEN;
    }
  });
});
