import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { ADDRESSES, makeHosts, on, plugIn, removeHosts, unplug } from './two-hosts.js';

const problem = makeHosts();

afterAll(removeHosts);
afterEach(() => plugIn(1));

/** Connects, does what it is told, and says how that ended, and when. */
const PROGRAM = `
  const { createInterface } = await import('node:readline');
  const { ProcessGroup } = await import(process.argv[1]);
  const [rank, size, host, task] = process.argv.slice(2);
  const say = (message) => process.stdout.write(JSON.stringify(message) + '\\n');
  const group = ProcessGroup.create({ rank: Number(rank), size: Number(size), host });
  const lines = createInterface(process.stdin)[Symbol.asyncIterator]();
  const hex = (bytes) => Buffer.from(bytes).toString('hex');
  say({ addresses: group.addresses.map(hex) });
  await group.connect(JSON.parse((await lines.next()).value).map((text) => Buffer.from(text, 'hex')));
  say({});
  try {
    if (task === 'step') {
      const numbers = new Float32Array(1e6);
      while (true) group.allReduce([numbers]).wait();
    }
    // One is busy, the others wait for it: nothing travels.
    if (rank === '0') await new Promise(() => setInterval(() => {}, 1000));
    const all = new Float32Array(size);
    await group.allGather(new Float32Array(1), new Uint32Array(size).fill(1), all, true).settled();
    say({ gathered: true });
  } catch ({ code, message }) {
    say({ code, message, at: Date.now() });
  }
  process.exit();
`;

interface Said {
  addresses: string[];
  code?: string;
  message?: string;
  at: number;
}

/** Processes of a group, by the host of each. */
async function group(hosts: number[], task: 'step' | 'wait') {
  const dist = fileURLToPath(new URL('../dist/index.js', import.meta.url));
  const members = hosts.map((host, rank) => {
    const [command, ...before] = on(host);
    const node = [process.execPath, '--input-type=module', '-e', PROGRAM, dist];
    const args = [...before, ...node, rank, hosts.length, ADDRESSES[host], task].map(String);
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    const next = async () => JSON.parse((await lines.next()).value) as Said;
    return { child, next };
  });
  const said = await Promise.all(members.map(({ next }) => next()));
  for (const [rank, { child }] of members.entries()) {
    child.stdin.write(`${JSON.stringify(said.map(({ addresses }) => addresses[rank]))}\n`);
  }
  await Promise.all(members.map(({ next }) => next()));
  return members;
}

describe.skipIf(problem !== undefined)('a machine that vanishes without a word', () => {
  it('is noticed in the middle of a step, and named, by all others within seconds', async () => {
    const members = await group([0, 0, 1], 'step');
    await setTimeout(1000);
    unplug(1);
    const start = Date.now();
    const ends = await Promise.all(members.map(({ next }) => next()));
    for (const [rank, { code, message, at }] of ends.entries()) {
      expect(code).toBe('PEER_LOST');
      expect(message).toContain(rank === 2 ? 'was lost, as process 2 sees it' : 'Process 2 of 3 was lost');
      expect(at - start).toBeLessThan(20_000);
    }
  });

  it('is noticed while others wait for it', async () => {
    const members = await group([1, 0, 0], 'wait');
    await setTimeout(500);
    unplug(1);
    const start = Date.now();
    const ends = await Promise.all(members.slice(1).map(({ next }) => next()));
    for (const { code, message, at } of ends) {
      expect(code).toBe('PEER_LOST');
      expect(message).toMatch(
        /^Process 0 of 3 was lost, as process \d sees it: (its machine does not answer|it is gone)/,
      );
      expect(at - start).toBeLessThan(20_000);
    }
    members[0].child.kill();
  });

  it('is not what a process is that is stopped, nor one that comes back soon', async () => {
    const members = await group([0, 1], 'wait');
    members[0].child.kill('SIGSTOP');
    unplug(1);
    await setTimeout(3000);
    plugIn(1);
    const ended = once(members[1].child, 'exit').then(() => 'ended');
    expect(await Promise.race([ended, setTimeout(12_000, 'waits')])).toBe('waits');
    members[0].child.kill('SIGKILL');
    expect((await members[1].next()).message).toContain('Process 0 of 2 was lost');
  });
});
