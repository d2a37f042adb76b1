import { appendFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExternalId } from '@pinsage/graph';
import { PinSage } from '@pinsage/model';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { embedNewPins, embedPins, Recommender } from '../src/index.js';
import { PINS } from './collection.js';
import { type LiveRun, makeRun } from './live-run.js';

let given: LiveRun;
beforeAll(async () => {
  given = await makeRun();
});
afterAll(() => given.collection.close());
const opened: Recommender[] = [];
afterEach(async () => {
  for (const recommender of opened.splice(0)) await recommender.close();
  await given.reset();
});

async function open(
  options: { live?: boolean; compactAt?: number; onWarning?: (message: string) => void } = { live: true },
) {
  const recommender = await Recommender.open(given.run, options);
  opened.push(recommender);
  return recommender;
}

const features = (title: string) => ({ title, genres: ['sea', 'boat'], year: 1900, image: [200, 3, 7] });
const ids = (found: { id?: unknown }[]) => found.map(({ id }) => id);

/** All that a recommender answers, by ids: two that answer alike have the same pins, boards, edges, columns and embeddings. */
async function answersOf(recommender: Recommender) {
  const { catalogue } = recommender;
  const alive = Array.from({ length: catalogue.rows }, (_, row) => row).filter((row) => catalogue.isAlive(row));
  const pins = await Promise.all(
    alive.map(async (row) => {
      const [{ row: _, ...columns }] = await catalogue.describe([row]);
      const related = await recommender.related({ row }, { top: 5 });
      return {
        columns,
        boards: Array.from(catalogue.boardsOf(row), (board) => catalogue.boardId(board)).sort(),
        vector: [...recommender.index.of(row)],
        related: related.map(({ id, score }) => [id, score]),
      };
    }),
  );
  const boards = Array.from({ length: catalogue.boardRows }, (_, row) => ({
    id: catalogue.boardId(row),
    members: Array.from(catalogue.membersOf(row), (pin) => catalogue.pinId(pin)),
  }));
  const matching = await recommender.related({ row: alive[0] }, { top: PINS, filter: { genres: 'sea' } });
  return { pins, boards, matching: ids(matching), found: ids(await recommender.search('night', { limit: 400 })) };
}

/** Changes of every kind. */
async function change(recommender: Recommender): Promise<void> {
  await recommender.addPins([
    { id: 'new1', features: features('night sea'), boards: ['b4', 'board of my own', 'b4'] },
    { id: 'new2', features: {} },
    { id: 'new3', features: { title: 'gone' }, boards: ['b4'] },
  ]);
  await recommender.addEdges([
    { pin: 'p295', board: 'b4' },
    { pin: 'new2', board: 'board of my own' },
    { pin: 'p1', board: 'another' },
  ]);
  await recommender.removePins(['p3', 'new3', 'p17']);
  await recommender.addPins([{ id: 'p3', features: features('a third one'), columns: { title: null, year: 1950 } }]);
}

describe('a live recommender', () => {
  it('shows a new pin to the next query', async () => {
    const recommender = await open();
    expect(await recommender.addPins([{ id: 'twin', features: features('a'), boards: ['b4'] }])).toEqual({
      added: 1,
      rows: Uint32Array.of(PINS),
    });
    await recommender.addPins([{ id: 'twin2', features: features('a'), boards: ['b4'] }]);
    const [first] = await recommender.related('twin', { top: 1, columns: ['title', 'year'] });
    expect(first).toMatchObject({ id: 'twin2', row: PINS + 1, title: 'a' });
    expect(first.score).toBeCloseTo(1, 5);
    expect(ids(await recommender.search('a', { limit: 2 }))).toEqual(['twin', 'twin2']);
    const { catalogue } = recommender;
    const members = ids(await catalogue.describe(catalogue.membersOf(catalogue.boardRow('b4')), []));
    expect(members.slice(-2)).toEqual(['twin', 'twin2']);
    expect(ids(await recommender.homeFeed({ board: 'b4' }, { top: PINS }))).not.toContain('twin');
  });

  it('embeds new pins as embedNewPins does', async () => {
    const recommender = await open();
    const titles = ['sea night', 'tree', 'river bird'];
    const added = titles.map((title, i) => ({ id: `n${i}`, features: features(title), boards: [`b${i}`, 'b7'] }));
    await Promise.all(added.map((pin) => recommender.addPins([pin])));
    const { dataset } = given.collection;
    const model = await PinSage.load(join(given.run, 'model.safetensors'));
    const boards = await Promise.all(added.map(({ boards }) => dataset.boardRows(boards)));
    const pins = added.map((pin, i) => ({ features: pin.features, boards: boards[i] }));
    const expected = await embedNewPins(model, dataset, await dataset.graph(), pins);
    model.dispose();
    const vectors = added.map((_, i) => recommender.index.of(PINS + i));
    expect(vectors.flatMap((vector) => [...vector])).toEqual([...expected]);
  });

  it('embeds a pin anew that comes to other boards', async () => {
    const recommender = await open();
    await recommender.addPins([{ id: 'a', features: features('tree') }]);
    const on = { id: 'b', features: features('tree'), boards: ['b1', 'b2'] };
    await recommender.addPins([on]);
    const before = recommender.index.of(280).slice();
    expect(recommender.index.of(PINS)).not.toEqual(recommender.index.of(PINS + 1));
    const edges = ['b1', 'b2'].map((board) =>
      recommender.addEdges([
        { pin: 'a', board },
        { pin: 'p280', board: 'b39' },
      ]),
    );
    expect(await Promise.all(edges)).toEqual([{ added: 2 }, { added: 1 }]);
    expect(recommender.index.of(PINS)).toEqual(recommender.index.of(PINS + 1));
    expect(recommender.index.of(280)).not.toEqual(before);
    expect(await recommender.addEdges([{ pin: 'a', board: 'b1' }])).toEqual({ added: 0 });
  });

  it('removes pins from every answer', async () => {
    const recommender = await open();
    const [nearest] = await recommender.related('p5', { top: 1 });
    await recommender.addPins([{ id: 'n', features: features('n'), boards: ['b4'] }]);
    expect(await recommender.removePins([nearest.id, 'n', 'n'])).toEqual({ removed: 2 });
    expect(ids(await recommender.related('p5', { top: PINS }))).not.toContain(nearest.id);
    await expect(recommender.related('n')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const { catalogue } = recommender;
    const members = Array.from({ length: catalogue.boardRows }, (_, board) => [...catalogue.membersOf(board)]).flat();
    expect(members).not.toContain(nearest.row);
    expect(members).not.toContain(PINS);
    const walked = await recommender.related('p5', { top: PINS, walk: 0.5, diversity: 0.2 });
    expect(ids(walked)).not.toContain(nearest.id);
  });

  it('filters new pins as those of the dataset', async () => {
    const recommender = await open();
    const filter = { year: { gte: 3000 } };
    expect(await recommender.related('p5', { filter })).toEqual([]);
    await recommender.addPins([{ id: 'n', features: { ...features('n'), year: 3001 } }]);
    expect(ids(await recommender.related('p5', { filter }))).toEqual(['n']);
    await recommender.addPins([{ id: 'm', features: {}, columns: { year: 3002 } }]);
    expect(ids(await recommender.related('p5', { filter })).sort()).toEqual(['m', 'n']);
  });

  it('refuses what it cannot use, and then does nothing of it', async () => {
    const recommender = await open();
    const log = join(given.run, 'live', 'generation-0', 'log');
    const before = await readFile(log);
    const good = { id: 'good', features: features('good') };
    const refused = async (call: Promise<unknown>, argument: string, code = 'INVALID_ARGUMENT') =>
      expect(call).rejects.toMatchObject({ code, argument });
    const bad: [object, string, string?][] = [
      [{ id: 'p3', features: {} }, 'pins[1].id'],
      [{ id: 'good', features: {} }, 'pins[1].id'],
      [{ id: '', features: {} }, 'pins[1].id'],
      [{ id: null, features: {} }, 'pins[1].id'],
      [{ id: 'a\0b', features: {} }, 'pins[1].id'],
      [{ id: '\ud800', features: {} }, 'pins[1].id'],
      [{ id: 'n' }, 'pins[1].features'],
      [{ id: 'n', features: { titel: 'x' } }, 'pins[1].features'],
      [{ id: 'n', features: { title: {} } }, 'pins[1].features.title'],
      [{ id: 'n', features: { genres: ['a', null] } }, 'pins[1].features.genres'],
      [{ id: 'n', features: { year: 'last' } }, 'pins[1].features.year'],
      [{ id: 'n', features: { image: [1, 2] } }, 'pins[1].features.image'],
      [{ id: 'n', features: { image: 'abc' } }, 'pins[1].features.image'],
      [{ id: 'n', features: {}, columns: { price: 3 } }, 'pins[1].columns'],
      [{ id: 'n', features: {}, columns: { title: { a: 1 } } }, 'pins[1].columns.title'],
      [{ id: 'n', features: {}, boards: 'b4' }, 'pins[1].boards'],
      [{ id: 'n', features: {}, boards: ['b4', 1.5] }, 'pins[1].boards[1]'],
      [null as never, 'pins[1]'],
    ];
    for (const [pin, argument] of bad) await refused(recommender.addPins([good, pin as never]), argument);
    const infinite = recommender.addPins([good, { id: 'n', features: { image: [1, 2, Number.NaN] } }]);
    await expect(infinite).rejects.toMatchObject({ code: 'NOT_FINITE', message: expect.stringContaining('pins[1]') });
    await refused(recommender.addPins([]), 'pins.length');
    await refused(recommender.addPins(null as never), 'pins');
    await refused(recommender.addEdges([{ pin: 'px', board: 'b4' }]), 'edges[0].pin', 'NOT_FOUND');
    await refused(recommender.addEdges([{ pin: 'p1', board: '' }]), 'edges[0].board');
    await refused(recommender.removePins(['p1', 'px']), 'ids[1]', 'NOT_FOUND');
    expect(await readFile(log)).toEqual(before);
    expect(recommender.catalogue.rows).toBe(PINS);
    expect(recommender.catalogue.isAlive(1)).toBe(true);
  });

  it('does of calls that come together those that can be done', async () => {
    const recommender = await open();
    const add = (id: ExternalId, value: unknown = 1900) => recommender.addPins([{ id, features: { year: value } }]);
    const settled = await Promise.allSettled([add('a'), add('b', 'x'), add('a'), add('c')]);
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
    expect([...recommender.catalogue.pinRows(['a', 'b', 'c'])]).toEqual([PINS, -1, PINS + 1]);
    const removed = await Promise.allSettled(['a', 'a'].map((id) => recommender.removePins([id])));
    expect(removed.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  });

  it('answers the same after it was opened again, also only to read', async () => {
    const recommender = await open();
    await change(recommender);
    const before = await answersOf(recommender);
    await recommender.close();
    expect(await answersOf(await open({}))).toEqual(before);
    expect(await answersOf(await open())).toEqual(before);
  });

  it('is one writer', async () => {
    await open();
    await expect(Recommender.open(given.run, { live: true })).rejects.toMatchObject({ code: 'LOCKED' });
    const reader = await open({});
    await expect(reader.removePins(['p1'])).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', argument: 'live' });
    await expect(reader.compact()).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', argument: 'live' });
  });

  it('cuts a torn log, and refuses a damaged one', async () => {
    const recommender = await open();
    await change(recommender);
    const before = await answersOf(recommender);
    await recommender.close();
    const log = join(given.run, 'live', 'generation-0', 'log');
    await appendFile(log, 'PLOG and no more');
    const again = await open();
    expect(await answersOf(again)).toEqual(before);
    await again.close();
    const damaged = await readFile(log);
    damaged[100] ^= 1;
    await writeFile(log, damaged);
    await expect(open()).rejects.toMatchObject({ code: 'FILE_CORRUPT' });
    await expect(open({})).rejects.toMatchObject({ code: 'FILE_CORRUPT' });
  });

  it('goes on with queries while pins are added', async () => {
    const recommender = await open();
    const rows: number[] = [];
    for (let round = 0; round < 20; round++) {
      const adding = Array.from({ length: 10 }, (_, i) => {
        const n = 10 * round + i;
        return recommender.addPins([{ id: `n${n}`, features: features(`n ${n}`), boards: [`b${n % 50}`] }]);
      });
      for (let query = 0; query < 3; query++)
        expect((await recommender.related('p5', { top: 5, columns: ['title'] })).length).toBe(5);
      rows.push(...(await Promise.all(adding)).flatMap((added) => [...added.rows]));
    }
    expect(rows).toEqual(Array.from({ length: 200 }, (_, i) => PINS + i));
  });

  it('refuses calls after closing, and does those before', async () => {
    const recommender = await open();
    const added = recommender.addPins([{ id: 'n', features: {} }]);
    await recommender.close();
    expect((await added).added).toBe(1);
    await expect(recommender.removePins(['n'])).rejects.toMatchObject({ code: 'CLOSED' });
    expect((await open()).catalogue.pinRows(['n'])[0]).toBe(PINS);
  });

  it('says when the run was embedded anew', async () => {
    await (await open()).close();
    const path = join(given.run, 'embeddings.safetensors');
    const embeddings = await readFile(path);
    const { dataset } = given.collection;
    const model = new PinSage({ features: dataset.features, width: 8, hidden: 8, output: 10, seed: 5 });
    (await embedPins(model, dataset, await dataset.graph(), { out: given.run })).close();
    model.dispose();
    for (const live of [true, false])
      await expect(open({ live })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', argument: 'run' });
    await writeFile(path, embeddings);
  });

  it('takes no pins with a model that has a vector of each', async () => {
    const other = await makeRun({ pinVector: true, pins: PINS });
    const recommender = await Recommender.open(other.run, { live: true });
    const added = recommender.addPins([{ id: 'n', features: {} }]);
    await expect(added).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', argument: 'pinVector' });
    await recommender.close();
    await other.collection.close();
  });
});

describe('compaction', () => {
  it('changes no answer', async () => {
    const recommender = await open();
    await change(recommender);
    const before = await answersOf(recommender);
    expect(await recommender.compact()).toEqual({ generation: 1 });
    expect(recommender.dataset.pins).toBe(PINS + 1);
    expect(await answersOf(recommender)).toEqual(before);
    await recommender.dataset.verify();
    await recommender.close();
    expect((await readdir(join(given.run, 'live'))).sort()).toEqual(['CURRENT', 'generation-1']);
    expect(await answersOf(await open({}))).toEqual(before);
    const again = await open();
    await again.addPins([{ id: 'later', features: features('later'), boards: ['board of my own'] }]);
    await again.removePins(['new1']);
    const changed = await answersOf(again);
    expect(await again.compact()).toEqual({ generation: 2 });
    expect(await answersOf(again)).toEqual(changed);
  });

  it('lets walks see what was added', async () => {
    const recommender = await open();
    await recommender.addPins([
      { id: 'a', features: features('a'), boards: ['mine'] },
      { id: 'b', features: {}, boards: ['mine'] },
    ]);
    await recommender.compact();
    expect(ids(await recommender.related('a', { top: 1, walk: 1 }))).toEqual(['b']);
  });

  it('keeps what comes while it runs', async () => {
    const recommender = await open();
    await change(recommender);
    const compacted = recommender.compact();
    let number = 0;
    let running = true;
    compacted.finally(() => {
      running = false;
    });
    while (running) {
      await recommender.addPins([{ id: `during${number}`, features: features('during'), boards: ['mine'] }]);
      if (number % 2 === 0) await recommender.removePins([`during${number}`]);
      await recommender.related('p5', { columns: ['title'] });
      ++number;
    }
    await compacted;
    expect(number).toBeGreaterThan(1);
    const kept = recommender.catalogue.pinRows(Array.from({ length: number }, (_, i) => `during${i}`));
    expect([...kept].map((row) => row >= 0)).toEqual(Array.from({ length: number }, (_, i) => i % 2 === 1));
    const before = await answersOf(recommender);
    await recommender.close();
    expect(await answersOf(await open())).toEqual(before);
  });

  it('comes by itself when the log is large', async () => {
    const warnings: string[] = [];
    const recommender = await open({ live: true, compactAt: 2000, onWarning: (message) => warnings.push(message) });
    for (let i = 0; recommender.dataset.pins === PINS; ++i) {
      await recommender.addPins([{ id: `n${i}`, features: features('n') }]);
    }
    await recommender.close();
    expect(warnings).toEqual([]);
    const reader = await open({});
    expect(reader.dataset.pins).toBeGreaterThan(PINS);
    expect(reader.catalogue.pinRows(['n0'])[0]).toBe(PINS);
  });

  it('is broken off by closing, and loses nothing', async () => {
    const recommender = await open();
    await change(recommender);
    const before = await answersOf(recommender);
    const compacted = recommender.compact().then(
      () => 'done',
      ({ code }) => code,
    );
    await recommender.close();
    expect(await compacted).toMatch(/^(done|ABORTED)$/);
    expect(await answersOf(await open())).toEqual(before);
  });

  it('passes over what a crash left', async () => {
    const recommender = await open();
    await change(recommender);
    const before = await answersOf(recommender);
    await recommender.close();
    const live = join(given.run, 'live');
    const half = join(live, 'generation-1', 'dataset');
    await mkdir(half, { recursive: true });
    await writeFile(join(half, 'manifest.json'), '{}');
    await writeFile(join(live, 'CURRENT.1-01234567.tmp'), '{');
    const again = await open();
    expect((await readdir(live)).sort()).toEqual(['CURRENT', 'generation-0', 'lock']);
    expect(await answersOf(again)).toEqual(before);
    await again.compact();
    expect(await answersOf(again)).toEqual(before);
  });

  it('refuses a damaged CURRENT, and one of a newer version', async () => {
    await (await open()).close();
    const path = join(given.run, 'live', 'CURRENT');
    const text = await readFile(path, 'utf8');
    for (const [content, code] of [
      ['{', 'FILE_CORRUPT'],
      ['null', 'FILE_CORRUPT'],
      [text.replace('"generation": 0', '"generation": -1'), 'FILE_CORRUPT'],
      [text.replace('"version": 1', '"version": 2'), 'FILE_VERSION'],
      [text.replace('"generation": 0', '"generation": 4'), 'FILE_NOT_FOUND'],
    ]) {
      await writeFile(path, content);
      await expect(open(), content).rejects.toMatchObject({ code });
      if (code === 'FILE_NOT_FOUND') continue;
      await expect(open({})).rejects.toMatchObject({ code });
    }
    await rm(path);
  });
});
