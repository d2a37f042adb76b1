import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, rm, symlink, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Recommender, RecommenderSlot } from '../src/index.js';
import { PINS } from './collection.js';
import { type LiveRun, makeRun, makeRunOf, WIDTH } from './live-run.js';

const LIVE = { live: true };

let given: LiveRun;
let trained: string;
beforeAll(async () => {
  given = await makeRun();
  trained = join(given.collection.directory, 'trained');
  await makeRunOf(given.collection.dataset.directory, trained, { output: WIDTH + 2, seed: 5 });
});
afterAll(() => given.collection.close());
beforeEach(async () => {
  await given.reset();
  await rm(join(trained, 'live'), { recursive: true, force: true });
});

const rowOf = ({ catalogue }: Recommender, id: string) => catalogue.pinRows([id])[0];
const membersOf = ({ catalogue }: Recommender, board: string) =>
  Array.from(catalogue.membersOf(catalogue.boardRow(board)), (row) => String(catalogue.pinId(row))).sort();
const features = (title: string) => ({ title, year: 1900 });

/** Changes of every kind, of which some undo others. */
async function change(recommender: Recommender): Promise<void> {
  await recommender.addPins([
    { id: 'new1', features: features('night sea'), columns: { title: 'my own' }, boards: ['b4', 'fresh'] },
    { id: 'new2', features: {} },
  ]);
  await recommender.addEdges([
    { pin: 'new2', board: 'fresh' },
    { pin: 'p1', board: 'fresh' },
  ]);
  await recommender.removePins(['p3', 'p17', 'new2']);
  await recommender.addPins([{ id: 'p3', features: features('another third one'), boards: ['fresh'] }]);
}

async function expectChanges(recommender: Recommender): Promise<void> {
  expect(membersOf(recommender, 'fresh')).toEqual(['new1', 'p1', 'p3']);
  expect(['new2', 'p17'].map((id) => rowOf(recommender, id))).toEqual([-1, -1]);
  const rows = ['new1', 'p3'].map((id) => rowOf(recommender, id));
  expect(await recommender.catalogue.describe(rows, ['title', 'year'])).toMatchObject([
    { id: 'new1', title: 'my own', year: '1900' },
    { id: 'p3', title: 'another third one', year: '1900' },
  ]);
}

describe('a slot of a live run', () => {
  it('takes another run while changes and queries go on, and loses none', async () => {
    await using slot = await RecommenderSlot.open(given.run, LIVE);
    await slot.use(change);
    const added = new Set<string>();
    const removed = new Set<string>();
    let going = true;
    let next = 0;
    const write = async () => {
      while (going) {
        const id = `during${next++}`;
        await slot.use((recommender) =>
          recommender.addPins([{ id, features: features('boat'), boards: [`board of ${id}`] }]),
        );
        added.add(id);
        // Whatever was acknowledged is there for a query that begins now.
        await slot.use(async (recommender) => expect(rowOf(recommender, id)).toBeGreaterThanOrEqual(PINS));
        if (next % 3 > 0) continue;
        await slot.use((recommender) => recommender.removePins([id]));
        removed.add(id);
        await slot.use(async (recommender) => expect(rowOf(recommender, id)).toBe(-1));
      }
    };
    const widths = new Set<number>();
    const read = async () => {
      while (going) {
        await slot.use(async (recommender) => {
          expect(await recommender.related('p1', { top: 5 })).toHaveLength(5);
          widths.add(recommender.index.width);
        });
        await setImmediate();
      }
    };
    const clients = [...Array.from({ length: 6 }, write), read(), read()];
    const runs = [trained, given.run];
    for (let swaps = 0; swaps < 3; ++swaps) {
      const before = added.size;
      await slot.swap(runs[swaps % 2], LIVE);
      while (added.size < before + 12) await setImmediate();
    }
    going = false;
    await Promise.all(clients);
    expect([...widths].sort()).toEqual([WIDTH, WIDTH + 2]);
    expect(removed.size).toBeGreaterThan(5);
    await slot.close();
    await using recommender = await Recommender.open(trained);
    await expectChanges(recommender);
    for (const id of added) {
      expect([id, rowOf(recommender, id) >= 0]).toEqual([id, !removed.has(id)]);
      if (!removed.has(id)) expect(membersOf(recommender, `board of ${id}`)).toEqual([id]);
    }
  });

  it('gives to the new recommender what the old one is still asked for', async () => {
    await using slot = await RecommenderSlot.open(given.run, LIVE);
    await slot.use(change);
    const current = () => slot.use(async (recommender) => recommender);
    const added: string[] = [];
    let swapped: Promise<void>;
    await slot.use(async (old) => {
      swapped = slot.swap(trained, LIVE);
      const add = async () => {
        const id = `late${added.length}`;
        added.push(id);
        await old.addPins([{ id, features: {} }]);
      };
      while ((await current()) === old) await add();
      await add();
      await old.addEdges([{ pin: added[0], board: 'late' }]);
      await old.removePins([added[1]]);
      expect(await old.compact()).toEqual({ generation: 1 });
    });
    await swapped!;
    const recommender = await current();
    expect([recommender.live?.generation, recommender.index.width]).toEqual([1, WIDTH + 2]);
    expect(membersOf(recommender, 'late')).toEqual([added[0]]);
    expect(added.filter((id) => rowOf(recommender, id) < 0)).toEqual([added[1]]);
    await expectChanges(recommender);
  });

  it('takes no run that lacks what was compacted, and one of a copy of that dataset', async () => {
    await using slot = await RecommenderSlot.open(given.run, LIVE);
    await slot.use(async (recommender) => {
      await change(recommender);
      await recommender.compact();
      await recommender.addPins([{ id: 'after', features: {} }]);
    });
    await expect(slot.swap(trained, LIVE)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', argument: 'run' });
    await slot.use((recommender) => recommender.addPins([{ id: 'after2', features: {} }]));
    const copy = join(given.collection.directory, 'copy');
    const data = await slot.use(async ({ dataset }) => dataset.directory);
    await cp(data, copy, { recursive: true });
    const again = join(given.collection.directory, 'again');
    await makeRunOf(copy, again, { seed: 9 });
    await slot.swap(again, LIVE);
    await slot.use(async (recommender) => {
      await expectChanges(recommender);
      for (const id of ['after', 'after2']) expect(rowOf(recommender, id)).toBeGreaterThan(0);
    });
  });

  it('follows a symbolic link, and refuses the run that it has', async () => {
    const link = join(given.collection.directory, 'current');
    await symlink(given.run, link);
    await using slot = await RecommenderSlot.open(link, LIVE);
    await slot.use(change);
    await expect(slot.swap(given.run, LIVE)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', argument: 'run' });
    await unlink(link);
    await symlink(trained, link);
    // Its files are those of the run that it was opened as.
    await slot.use(async (recommender) => {
      await recommender.addPins([{ id: 'between', features: {} }]);
      expect(recommender.index.width).toBe(WIDTH);
    });
    await slot.swap(link, LIVE);
    await slot.use(async (recommender) => {
      expect(recommender.index.width).toBe(WIDTH + 2);
      expect(rowOf(recommender, 'between')).toBeGreaterThan(0);
      await expectChanges(recommender);
    });
    await unlink(link);
  });

  it('keeps the old run where the new one cannot take the changes', async () => {
    await using slot = await RecommenderSlot.open(given.run, LIVE);
    await slot.use(change);
    await expect(slot.swap(trained)).rejects.toMatchObject({ argument: 'live' });
    const held = await Recommender.open(trained, LIVE);
    await expect(slot.swap(trained, LIVE)).rejects.toMatchObject({ code: 'LOCKED' });
    await held.close();
    const broken = join(given.collection.directory, 'broken');
    await mkdir(broken, { recursive: true });
    for (const name of ['config.json', 'embeddings.safetensors']) await cp(join(trained, name), join(broken, name));
    await expect(slot.swap(broken, LIVE)).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    await slot.use(async (recommender) => {
      await recommender.addPins([{ id: 'after', features: {} }]);
      expect(recommender.index.width).toBe(WIDTH);
    });
    await cp(join(trained, 'model.safetensors'), join(broken, 'model.safetensors'));
    await slot.swap(broken, LIVE);
    await slot.use(async (recommender) => {
      await expectChanges(recommender);
      expect(rowOf(recommender, 'after')).toBeGreaterThan(0);
    });
  });
});

/** Adds pins, four calls at a time, and swaps two runs for each other all the while. */
const swapper = (runs: string[], round: number) => `
  import { writeSync } from 'node:fs';
  import { RecommenderSlot } from '${new URL('../dist/index.js', import.meta.url).href}';
  const runs = ${JSON.stringify(runs)};
  const slot = await RecommenderSlot.open(runs[0], { live: true });
  const write = async (writer) => {
    for (let i = 0; ; ++i) {
      const id = 'r${round}w' + writer + 'n' + i;
      await slot.use((recommender) => recommender.addPins([{ id, features: {}, boards: ['killed'] }]));
      writeSync(1, id + '\\n');
    }
  };
  for (let writer = 0; writer < 4; ++writer) write(writer);
  for (let swaps = 1; ; ++swaps) {
    await slot.swap(runs[swaps % 2], { live: true });
    writeSync(1, 'swapped\\n');
  }`;

describe('a process that is killed while it swaps', () => {
  it('leaves one of the two runs with all that was acknowledged', async () => {
    let current = [given.run, trained];
    let swaps = 0;
    const acknowledged = new Set<string>();
    for (let round = 0; round < 4; ++round) {
      const child = spawn(process.execPath, ['--input-type=module', '-e', swapper(current, round)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const reader = createInterface(child.stdout);
      const ended = once(reader, 'close');
      const swapped = new Promise<void>((resolve) => {
        reader.on('line', (line) => {
          if (line !== 'swapped') acknowledged.add(line);
          else if (++swaps > round) resolve();
        });
      });
      await Promise.race([swapped, ended]);
      await setTimeout(500 * Math.random());
      child.kill('SIGKILL');
      await ended;
      const lost = await Promise.all(
        current.map(async (run) => {
          await using recommender = await Recommender.open(run);
          return [...acknowledged].filter((id) => rowOf(recommender, id) < 0).length;
        }),
      );
      expect(lost).toContain(0);
      if (lost[0] > 0) current = current.toReversed();
    }
    console.log(`${swaps} swaps, ${acknowledged.size} acknowledged`);
    expect(swaps).toBeGreaterThanOrEqual(4);
  });
});
