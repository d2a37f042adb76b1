import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Edges, Graph } from '@pinsage/native';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Dataset, importDataset, Split, type SplitOptions } from '../src/index.js';
import { importAndOpen, temporaryFolder } from './support.js';

// 300 pins, 40 boards of 1 to 40 distinct pins, a few pins on no board, times that disagree with the ids.
const EDGES = `SELECT pin, board, weight, time FROM (
  SELECT (b.range * 37 + i.range * 11) % 300 AS pin, b.range AS board, 1 + i.range AS weight, (i.range * 7919) % 1009 AS time
  FROM range(40) b, range(40) i WHERE i.range <= b.range)`;

async function collection(options: { time?: string; weight?: string } = {}) {
  const folder = temporaryFolder();
  return importAndOpen(folder, {
    edges: EDGES,
    pin: 'pin',
    board: 'board',
    pins: 'SELECT range AS pin FROM range(310)',
    ...options,
  });
}

async function create(dataset: Dataset, options: SplitOptions, name = 'default') {
  const split = await Split.create(dataset, name, options);
  onTestFinished(() => split.close());
  return split;
}

const pairs = (edges: Edges) => Array.from(edges.pins, (pin, i) => `${pin}-${edges.boards[i]}`);
const pairsOf = (graph: Graph) => {
  return Array.from({ length: graph.pins }, (_, pin) =>
    Array.from(graph.boardsOf(pin), (board) => `${pin}-${board}`),
  ).flat();
};

describe('a split', () => {
  test.each([
    { kind: 'edges' },
    { kind: 'edges', validation: 0.2, test: 0.3, coldPins: 0.1, seed: 5 },
    { kind: 'time', test: 0.2, coldPins: 0.05 },
    { kind: 'none', coldPins: 0.2 },
  ] satisfies SplitOptions[])('%j divides the edges and leaves every board and warm pin one', async (options) => {
    const { dataset, graph } = await collection({ time: 'time' });
    const split = await create(dataset, options);
    const parts = [pairsOf(split.train), pairs(split.validation), pairs(split.test), pairs(split.coldEdges)];
    expect(parts.flat().sort()).toEqual(pairsOf(graph).sort());
    expect(split.manifest.counts).toEqual({
      train: parts[0].length,
      validation: parts[1].length,
      test: parts[2].length,
      coldPins: split.coldPins.length,
      coldEdges: parts[3].length,
    });
    expect(Math.min(...split.train.boardDegrees())).toBeGreaterThanOrEqual(1);
    const cold = new Set(split.coldPins);
    const before = graph.pinDegrees();
    split.train.pinDegrees().forEach((degree, pin) => {
      if (cold.has(pin) || before[pin] === 0) expect(degree).toBe(0);
      else expect(degree).toBeGreaterThanOrEqual(1);
    });
    for (const pin of split.coldPins) expect(before[pin]).toBeGreaterThan(0);
    expect(new Set(split.coldEdges.pins)).toEqual(cold);
    const connected = before.filter((degree) => degree > 0).length;
    expect(split.coldPins.length).toBe(Math.round((options.coldPins ?? 0) * connected));
    if (options.kind === 'none') expect(parts[1].length + parts[2].length).toBe(0);
  });

  test('takes the shares that were asked for, of small boards too', async () => {
    const { dataset, graph } = await collection();
    const split = await create(dataset, { validation: 0.1, test: 0.2 });
    expect(split.test.pins.length / graph.edges).toBeCloseTo(0.2, 1);
    expect(split.validation.pins.length / graph.edges).toBeCloseTo(0.1, 1);
    const size = graph.boardDegrees();
    expect(split.test.boards.filter((board) => size[board] < 10).length).toBeGreaterThan(3);
    const held = new Map<number, number>();
    for (const board of split.test.boards) held.set(board, (held.get(board) ?? 0) + 1);
    for (const [board, count] of held) expect(count).toBeLessThanOrEqual(Math.ceil(size[board] * 0.2));
  });

  test('by time takes the last ones, validation right before the test', async () => {
    // Every pin is on a board of its own too, so that no edge is its pin's last.
    const edges = `SELECT * FROM (${EDGES}) UNION ALL SELECT range, 1000 + range, 1, 0 FROM range(300)`;
    const folder = temporaryFolder();
    const { dataset, graph } = await importAndOpen(folder, { edges, pin: 'pin', board: 'board', time: 'time' });
    const split = await create(dataset, { kind: 'time', validation: 0.1, test: 0.2 });
    const times = (edges: Edges, board: number) => Array.from(edges.times!).filter((_, i) => edges.boards[i] === board);
    const { pinOffsets, times: all } = split.train.arrays;
    for (let board = 0; board < graph.boards; board++) {
      const train = Array.from(split.train.pinsOf(board), (pin) => {
        return all![Number(pinOffsets[pin]) + split.train.boardsOf(pin).indexOf(board)];
      });
      const last = (values: bigint[]) => values.reduce((a, b) => (a > b ? a : b), -1n);
      const first = (values: bigint[]) => values.reduce((a, b) => (a < b ? a : b), 2n ** 62n);
      const validation = times(split.validation, board);
      expect(last(train) <= first(validation)).toBe(true);
      expect(last([...train, ...validation]) <= first(times(split.test, board))).toBe(true);
    }
    expect(split.test.pins.length).toBeGreaterThan(100);
  });

  /** Every edge of a board as [time, pin, part], in the order of time and then of pins. */
  function inOrder(split: Split, graph: Graph, board: number) {
    const { pinOffsets, times } = graph.arrays;
    const partOf = new Map<string, string>();
    for (const pair of pairsOf(split.train)) partOf.set(pair, 'train');
    for (const pair of pairs(split.validation)) partOf.set(pair, 'validation');
    for (const pair of pairs(split.test)) partOf.set(pair, 'test');
    return Array.from(graph.pinsOf(board), (pin) => ({
      time: Number(times![Number(pinOffsets[pin]) + graph.boardsOf(pin).indexOf(board)]),
      pin,
      part: partOf.get(`${pin}-${board}`),
    })).sort((a, b) => a.time - b.time || a.pin - b.pin);
  }

  test('last takes the last edge of each board and the one before it, and leaves small boards alone', async () => {
    // Times of ten values, so that there are ties.
    const edges = `SELECT pin, board, weight, time % 10 AS time FROM (${EDGES})`;
    const { dataset, graph } = await importAndOpen(temporaryFolder(), {
      edges,
      pin: 'pin',
      board: 'board',
      time: 'time',
    });
    const split = await create(dataset, { kind: 'last' });
    for (let board = 0; board < graph.boards; board++) {
      const parts = inOrder(split, graph, board).map(({ part }) => part);
      const held = parts.length < 3 ? [] : ['validation', 'test'];
      expect(parts).toEqual([...Array(parts.length - held.length).fill('train'), ...held]);
    }
    expect(split.manifest.options).toEqual({ kind: 'last', validation: 0, test: 0, coldPins: 0, seed: 0 });
  });

  test.each([
    { validation: 0.1, test: 0.2, coldPins: 0.1 },
    { validation: 0.2, cutoff: 700 },
    { validation: 0, test: 0.5 },
    { validation: 0.3, cutoff: 5000 },
  ] satisfies SplitOptions[])('cutoff leaves nothing of the future for training: %j', async (options) => {
    const { dataset, graph } = await collection({ time: 'time' });
    const split = await create(dataset, { kind: 'cutoff', ...options });
    const times = (edges: Edges) => Array.from(edges.times!, Number);
    const train = Array.from(split.train.arrays.times!, Number);
    const [validation, held] = [times(split.validation), times(split.test)];
    const none = Number.POSITIVE_INFINITY;
    expect(Math.max(...train)).toBeLessThan(Math.min(...validation, ...held, none));
    expect(Math.max(...validation)).toBeLessThan(Math.min(...held, none));
    const all = train.length + validation.length + held.length;
    expect(all + split.coldEdges.pins.length).toBe(graph.edges);
    if (options.cutoff === undefined) expect(held.length / all).toBeCloseTo(options.test, 1);
    else expect(Math.min(...held, none)).toBeGreaterThanOrEqual(options.cutoff);
    expect(Math.max(...train, ...validation)).toBeLessThan(options.cutoff ?? none);
    expect(validation.length / all).toBeCloseTo(options.validation, 1);
  });

  test('keeps weights and times with their edges', async () => {
    const { dataset, graph } = await collection({ time: 'time', weight: 'weight' });
    const split = await create(dataset, { coldPins: 0.1 });
    const { pinOffsets, pinWeights, times } = graph.arrays;
    const at = (pin: number, board: number) => Number(pinOffsets[pin]) + graph.boardsOf(pin).indexOf(board);
    for (const edges of [split.validation, split.test, split.coldEdges]) {
      edges.pins.forEach((pin, i) => {
        expect(edges.weights![i]).toBe(pinWeights![at(pin, edges.boards[i])]);
        expect(edges.times![i]).toBe(times![at(pin, edges.boards[i])]);
      });
    }
    expect(split.train.weighted).toBe(true);
    expect(split.train.arrays.times).toHaveLength(split.train.edges);
  });

  test('is the same for the same seed, another for another, and comes back as it was', async () => {
    const { dataset } = await collection({ time: 'time' });
    const options = { coldPins: 0.1, seed: 3 };
    const a = await create(dataset, options, 'a');
    const b = await create(dataset, options, 'b');
    const c = await create(dataset, { ...options, seed: 4 }, 'c');
    const contents = (split: Split) => [
      pairsOf(split.train),
      split.validation,
      split.test,
      Array.from(split.coldPins),
      split.coldEdges,
      split.manifest.files,
    ];
    expect(contents(b)).toEqual(contents(a));
    expect(contents(c)).not.toEqual(contents(a));
    const reopened = await Split.open(dataset, 'a');
    expect(contents(reopened)).toEqual(contents(a));
    expect(reopened.manifest.options).toEqual({ kind: 'edges', validation: 0.05, test: 0.1, coldPins: 0.1, seed: 3 });
    await reopened.close();
  });
});

describe('what is refused', () => {
  test('options that a kind of split does not look at', async () => {
    const { dataset } = await collection({ time: 'time' });
    const bad: [SplitOptions, RegExp][] = [
      [{ kind: 'last', test: 0.1 }, /test is 0.1; allowed: nothing, as 'last' takes one edge/],
      [{ kind: 'last', validation: 0 }, /validation is 0/],
      [{ kind: 'time', cutoff: 5 }, /cutoff is 5; allowed: nothing with kind 'time'/],
      [{ kind: 'cutoff', cutoff: 5, test: 0.1 }, /test is 0.1; allowed: nothing beside cutoff/],
      [{ kind: 'cutoff', cutoff: 1.5 }, /cutoff is 1.5/],
    ];
    for (const [options, message] of bad) {
      await expect(Split.create(dataset, 'x', options)).rejects.toThrow(message);
    }
  });

  test('options and names', async () => {
    const { dataset } = await collection();
    const bad: SplitOptions[] = [
      { kind: 'time' },
      { kind: 'last' },
      { kind: 'cutoff' },
      { cutoff: 5 },
      { kind: 'x' as 'none' },
      { test: -0.1 },
      { test: 0.8, validation: 0.2 },
      { coldPins: 1 },
      { seed: 1.5 },
      { test: Number.NaN },
    ];
    for (const options of bad) {
      await expect(Split.create(dataset, 'x', options)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    }
    for (const name of ['', '..', 'a/b', '.hidden', 'x.tmp']) {
      await expect(Split.create(dataset, name)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    }
    await expect(Split.open(dataset, 'x')).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
  });

  test('a name that is taken, unless forced', async () => {
    const { dataset } = await collection();
    await create(dataset, {});
    await expect(Split.create(dataset, 'default')).rejects.toMatchObject({ code: 'FILE_EXISTS' });
    expect((await create(dataset, { kind: 'none', force: true })).test.pins).toHaveLength(0);
  });

  test('a damaged one, and one of another graph', async () => {
    const { dataset } = await collection();
    const { directory } = await create(dataset, {});
    for (const file of ['manifest.json', 'graph.safetensors', 'held-out.safetensors']) {
      const bytes = readFileSync(join(directory, file));
      const damaged = Buffer.from(bytes);
      damaged[bytes.length >> 1] ^= 4;
      writeFileSync(join(directory, file), damaged);
      await expect(Split.open(dataset, 'default')).rejects.toMatchObject({ code: 'FILE_CORRUPT' });
      writeFileSync(join(directory, file), bytes);
    }
    const out = join(temporaryFolder(), 'd');
    await importDataset({ edges: 'SELECT 1 AS pin, 1 AS board', pin: 'pin', board: 'board', out });
    cpSync(join(dataset.directory, 'splits'), join(out, 'splits'), { recursive: true });
    const other = await Dataset.open(out);
    await expect(Split.open(other, 'default')).rejects.toThrow(/splits another graph/);
    await other.close();
  });
});
