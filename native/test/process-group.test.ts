import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ProcessGroup } from '../lib/index.js';
import { expectError } from './support.js';

/** Groups of this one process, which is the same to them as several. */
async function connected(size: number, timeout = 20_000): Promise<ProcessGroup[]> {
  const groups = Array.from({ length: size }, (_, rank) => ProcessGroup.create({ rank, size, timeout }));
  const addresses = groups.map((group) => group.addresses);
  await Promise.all(groups.map((group) => group.connect(addresses.map((own) => own[group.rank]))));
  return groups;
}

function close(groups: ProcessGroup[]): void {
  for (const group of groups) group.close();
}

const values = (rank: number, length: number) => Float32Array.from({ length }, (_, i) => Math.sin(rank * 100 + i));

describe('a process group', () => {
  it.each(['f32', 'f16', 'bf16'] as const)('sums arrays in place, as %s', async (wire) => {
    const groups = await connected(3);
    const arrays = groups.map(({ rank }) => [values(rank, 10), values(rank + 3, 5000)]);
    const operations = groups.map((group) => group.allReduce(arrays[group.rank], wire));
    await Promise.all(operations.map((operation) => operation.settled()));
    const tolerance = { f32: 1e-6, f16: 2e-3, bf16: 2e-2 }[wire];
    const [first, second] = arrays[0];
    first.forEach((sum, i) => {
      expect(Math.abs(sum - values(0, 10)[i] - values(1, 10)[i] - values(2, 10)[i])).toBeLessThan(tolerance);
    });
    expect(Math.abs(second[99] - Math.sin(399) - Math.sin(499) - Math.sin(599))).toBeLessThan(tolerance);
    expect(arrays[1]).toEqual(arrays[0]);
    expect(arrays[2]).toEqual(arrays[0]);
    close(groups);
  });

  it('sends of a table only rows that somebody has numbers in', async () => {
    const groups = await connected(2);
    const tables = groups.map(({ rank }) => {
      const table = new Float32Array(1000 * 8);
      table.set(values(rank, 8), 8 * (rank + 500));
      return table;
    });
    await Promise.all(groups.map((group, i) => group.allReduce([tables[i]], 'f32', [8]).settled()));
    expect(tables[0].subarray(4000, 4016)).toEqual(Float32Array.of(...values(0, 8), ...values(1, 8)));
    expect(tables[0].filter((value) => value !== 0).length).toBe(tables[0].subarray(4000, 4016).filter(Boolean).length);
    expect(tables[1]).toEqual(tables[0]);
    for (const { sent } of groups) expect(sent).toBeLessThan(400);
    await expectError('INVALID_ARGUMENT', /widths.*do not divide/, () => groups[0].allReduce([tables[0]], 'f32', [7]));
    await expectError('INVALID_ARGUMENT', /widths\[0\]/, () => groups[0].allReduce([tables[0]], 'f32', [-1]));
    close(groups);
  });

  it('gathers and scatters parts of different lengths', async () => {
    const groups = await connected(3);
    const counts = Uint32Array.of(2, 0, 3);
    const all = groups.map(() => new Float32Array(5));
    const own = groups.map(({ rank }) => values(rank, counts[rank]));
    await Promise.all(groups.map((group, i) => group.allGather(own[i], counts, all[i], i === 1).settled()));
    for (const gathered of all) expect([...gathered]).toEqual([...own[0], ...own[2]]);
    await Promise.all(groups.map((group, i) => group.reduceScatter(all[i], counts, own[i]).settled()));
    expect([...own[2]]).toEqual(
      [...all[0].subarray(2)].map((value) => Math.fround(Math.fround(value + value) + value)),
    );
    close(groups);
  });

  it('can be waited for on the thread itself', async () => {
    const groups = await connected(2);
    const arrays = groups.map(({ rank }) => values(rank, 100));
    const operations = groups.map((group) => group.allReduce([arrays[group.rank]]));
    for (const operation of operations) operation.wait();
    expect(arrays[0]).toEqual(arrays[1]);
    close(groups);
    await expectError('CLOSED', /closed/, () => groups[0].allReduce([arrays[0]]));
  });

  it('keeps arrays that its caller lets go of', async () => {
    const groups = await connected(2);
    const first = groups[0].allReduce([new Float32Array(1e6)]);
    for (let i = 0; i < 50; i++) new Float32Array(1e6).fill(i);
    await groups[1].allReduce([new Float32Array(1e6)]).settled();
    await first.settled();
    close(groups);
  });

  it('says what is wrong', async () => {
    await expectError('INVALID_ARGUMENT', /rank is 2; allowed: an integer from 0 to 1/, () =>
      ProcessGroup.create({ rank: 2, size: 2 }),
    );
    await expectError('INVALID_ARGUMENT', /host.*192\.0\.2\.1.*no address of this machine/, () =>
      ProcessGroup.create({ rank: 0, size: 2, host: '192.0.2.1' }),
    );
    const groups = await connected(2, 300);
    const part = new Float32Array(2);
    await expectError('INVALID_ARGUMENT', /all is a Float32Array of 2; allowed: a Float32Array of 3/, () =>
      groups[0].allGather(part, Uint32Array.of(2, 1), part),
    );
    await expectError('INVALID_ARGUMENT', /arrays\[0\]/, () => groups[0].allReduce([new Float64Array(1) as never]));
    // The other does nothing.
    await expectError('PEER_LOST', /Process 1 of 2/, () => groups[0].allReduce([part]).settled());
    close(groups);
  });
});

/** Connects, and hangs in an operation that nobody answers. */
const PROGRAM = `
  const { ProcessGroup } = await import(process.argv[1]);
  const group = ProcessGroup.create({ rank: 1, size: 2 });
  process.stdout.write(JSON.stringify(Buffer.from(group.addresses[0]).toString('hex')) + '\\n');
  const address = await new Promise((resolve) => process.stdin.once('data', (text) => resolve(String(text))));
  await group.connect([Buffer.from(address.trim(), 'hex'), new Uint8Array(0)]);
  const all = new Float32Array(2);
  const gathered = group.allGather(new Float32Array(1), Uint32Array.of(1, 1), all, true).settled();
  gathered.catch(() => {});
  process.stdout.write('waiting\\n');
  process.stdin.once('data', () => process.exit(7));
`;

async function withOther() {
  const dist = fileURLToPath(new URL('../dist/index.js', import.meta.url));
  const child = spawn(process.execPath, ['--input-type=module', '-e', PROGRAM, dist], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exit = new Promise<{ code: number | null; signal: string | null }>((resolve) =>
    child.on('exit', (code, signal) => resolve({ code, signal })),
  );
  const line = () => new Promise<string>((resolve) => child.stdout.once('data', (text) => resolve(String(text))));
  const group = ProcessGroup.create({ rank: 0, size: 2 });
  const theirs = Buffer.from(JSON.parse(await line()), 'hex');
  const waiting = line();
  child.stdin.write(`${Buffer.from(group.addresses[1]).toString('hex')}\n`);
  await Promise.all([group.connect([new Uint8Array(0), theirs]), waiting]);
  return { group, child, exit };
}

describe('two processes', () => {
  it('one hears at once that the other was killed', async () => {
    const { group, child, exit } = await withOther();
    const sum = group.allReduce([new Float32Array(1e6)]);
    child.kill('SIGKILL');
    await expectError('PEER_LOST', /Process 1 of 2 was lost/, () => sum.settled());
    expect((await exit).signal).toBe('SIGKILL');
    group.close();
  });

  it('one can be made to end while it waits for the other', async () => {
    const { group, child, exit } = await withOther();
    child.stdin.write('end\n');
    expect(await exit).toEqual({ code: 7, signal: null });
    group.close();
  });
});
