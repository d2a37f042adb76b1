import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Recommender } from '../src/index.js';
import { PINS } from './collection.js';
import { type LiveRun, makeRun } from './live-run.js';

/** `CRASH_ROUNDS=100 npx vitest run test/live-crash.test.ts` for as many. */
const ROUNDS = Number(process.env.CRASH_ROUNDS ?? 5);

const library = new URL('../dist/index.js', import.meta.url).href;

let given: LiveRun;
beforeAll(async () => {
  given = await makeRun();
});
afterAll(() => given.collection.close());

/**
 * Adds pins, puts them on boards and removes some of them, four calls at a time, and compacts every few thousand bytes. It says what it
 * begins, and what was acknowledged.
 */
const writer = (run: string, round: number) => `
  import { writeSync } from 'node:fs';
  import { Recommender } from '${library}';
  const say = (...words) => writeSync(1, words.join(' ') + '\\n');
  const recommender = await Recommender.open('${run}', { live: true, compactAt: 30_000, onWarning: (text) => say('warning', text) });
  say('open');
  const call = async (words, work) => { say('begin', words); await work(); say('done', words); };
  let next = 0;
  const work = async () => {
    for (;;) {
      const id = 'r${round}n' + next++;
      const features = { title: 'sea ' + id, year: 1900, image: [1, 2, 3] };
      await call('add ' + id, () => recommender.addPins([{ id, features, boards: ['b1', 'board' + (next % 7)] }]));
      if (next % 3 === 0) await call('edge ' + id, () => recommender.addEdges([{ pin: id, board: 'edges' }]));
      if (next % 5 === 0) await call('remove ' + id, () => recommender.removePins([id]));
    }
  };
  await Promise.all([work(), work(), work(), work()]);`;

/** Runs a writer and kills it. Returns what it said. */
async function crash(round: number): Promise<string[]> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', writer(given.run, round)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const lines: string[] = [];
  const reader = createInterface(child.stdout);
  const opened = new Promise<void>((resolve) => {
    reader.on('line', (line) => {
      lines.push(line);
      if (line === 'open') resolve();
    });
  });
  const ended = once(reader, 'close');
  await Promise.race([opened, exited]);
  // Now and then long enough for compactions to be done.
  await setTimeout(Math.random() * (round % 2 === 0 ? 500 : 4000));
  child.kill('SIGKILL');
  expect((await exited)[1]).toBe('SIGKILL');
  await ended;
  return lines;
}

describe('a writer that is killed', () => {
  it('loses nothing that was acknowledged', { timeout: 60_000 + 10_000 * ROUNDS }, async () => {
    /** What each pin was last, as far as anybody was told. */
    const added = new Map<string, { present: boolean | undefined; edge: boolean }>();
    let generations = 0;
    let acknowledged = 0;
    for (let round = 0; round < ROUNDS; ++round) {
      for (const line of await crash(round)) {
        const [state, what, id] = line.split(' ');
        if (state === 'open') continue;
        expect(['begin', 'done'], line).toContain(state);
        if (state === 'done') ++acknowledged;
        if (what === 'add') added.set(id, { present: state === 'done' ? true : undefined, edge: false });
        const pin = added.get(id)!;
        if (what === 'edge' && state === 'done') pin.edge = true;
        if (what === 'remove') pin.present = state === 'done' ? false : undefined;
      }
      const recommender = await Recommender.open(given.run);
      const { catalogue } = recommender;
      const edges = catalogue.boardRow('edges');
      for (const [id, { present, edge }] of added) {
        const [row] = catalogue.pinRows([id]);
        if (present !== undefined) expect(row >= 0, `${id} in round ${round}`).toBe(present);
        if (row < 0) continue;
        if (edge) expect([...catalogue.boardsOf(row)], id).toContain(edges);
        expect(catalogue.boardsOf(row).length).toBeGreaterThanOrEqual(2);
      }
      const known = [...added.keys()].filter((id) => catalogue.pinRows([id])[0] >= 0);
      for (const id of known.slice(-20)) {
        const [first] = await recommender.related(id, { top: 1, columns: ['title'] });
        expect(Number.isFinite(first.score)).toBe(true);
      }
      expect(titles(await catalogue.describe(catalogue.pinRows(known), ['title']))).toEqual(
        known.map((id) => `sea ${id}`),
      );
      if (recommender.dataset.pins > PINS) ++generations;
      await recommender.close();
    }
    console.log(`${ROUNDS} rounds, ${acknowledged} acknowledged, ${generations} rounds after a compaction`);
    expect(acknowledged).toBeGreaterThan(ROUNDS);
  });
});

function titles(records: Record<string, unknown>[]): unknown[] {
  return records.map(({ title }) => title);
}
