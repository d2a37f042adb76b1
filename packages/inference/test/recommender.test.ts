import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Dataset, importDataset } from '@pinsage/graph';
import { PinSage, RunDirectory } from '@pinsage/model';
import { writeSafetensors } from '@pinsage/native';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Embeddings, embedNewPins, embedPins, type HomeFeedQuery, Recommender } from '../src/index.js';
import { type Collection, makeCollection, PINS } from './collection.js';

const WIDTH = 10;
const neighborhoods = { walks: 20, neighbors: 10 };

let collection: Collection;
let run: string;
let recommender: Recommender;
let model: PinSage;
beforeAll(async () => {
  collection = await makeCollection();
  run = join(collection.directory, 'run');
  const dataset = collection.dataset.directory;
  await RunDirectory.create(run, { dataset, split: null, model: {}, trainer: {} });
  model = new PinSage({ features: collection.dataset.features, width: 8, hidden: 8, output: WIDTH });
  (await embedPins(model, collection.dataset, await collection.dataset.graph(), { neighborhoods, out: run })).close();
  recommender = await Recommender.open(run);
});
afterAll(async () => {
  await recommender.close();
  model.dispose();
  await collection.close();
});

/** All pins but some by their inner product with a vector, as slowly as it can be said. */
function nearest(vector: ArrayLike<number>, without: number[], top: number): string[] {
  const { vectors } = recommender.embeddings;
  const score = (pin: number) =>
    Array.from(vector).reduce((sum, value, i) => sum + value * vectors[pin * WIDTH + i], 0);
  return Array.from({ length: PINS }, (_, pin) => pin)
    .filter((pin) => !without.includes(pin))
    .sort((a, b) => score(b) - score(a))
    .slice(0, top)
    .map((pin) => `p${pin}`);
}

function mean(rows: ArrayLike<number>, weights?: number[]): number[] {
  const sum = Array(WIDTH).fill(0);
  Array.from(rows).forEach((row, i) => {
    recommender.embeddings.of(row).forEach((value, k) => {
      sum[k] += (weights?.[i] ?? 1) * value;
    });
  });
  const length = Math.sqrt(sum.reduce((total, value) => total + value * value, 0));
  return sum.map((value) => value / length);
}

const ids = (found: { id: unknown }[]) => found.map(({ id }) => id);

describe('Recommender', () => {
  it('finds related pins, without the pin itself', async () => {
    const found = await recommender.related('p17', { top: 25, columns: ['title'] });
    expect(ids(found)).toEqual(nearest(recommender.embeddings.of(17), [17], 25));
    expect(found[0].title).toBe(collection.pins[found[0].row].title);
    expect(Object.keys(found[0]).sort()).toEqual(['id', 'row', 'score', 'title']);
    expect(found.every(({ score }, i) => i === 0 || score <= found[i - 1].score)).toBe(true);
    expect(ids(await recommender.related({ row: 17 }))).toEqual(ids(found).slice(0, 10));
  });

  it('leaves out what it is told to', async () => {
    const exclude = ['p3', { row: 5 }, ...nearest(recommender.embeddings.of(17), [17], 4)];
    const found = await recommender.related('p17', { top: PINS, exclude });
    expect(found.length).toBe(PINS - 7);
    expect(ids(found)).toEqual(expect.not.arrayContaining(['p17', 'p3', 'p5']));
  });

  it('makes a home feed for a board, without its pins', async () => {
    const [board] = await recommender.dataset.boardRows(['b4']);
    const members = (await recommender.dataset.graph()).pinsOf(board);
    expect(members.length).toBeGreaterThan(5);
    const found = await recommender.homeFeed({ board: 'b4' }, { top: 30 });
    expect(ids(found)).toEqual(nearest(mean(members), [...members], 30));
  });

  it('makes a home feed for weighted pins', async () => {
    const found = await recommender.homeFeed({ pins: ['p1', { row: 2 }, 'p3'], weights: [3, 1, 0.5] });
    expect(ids(found)).toEqual(nearest(mean([1, 2, 3], [3, 1, 0.5]), [1, 2, 3], 10));
    const plain = await recommender.homeFeed({ pins: ['p1', { row: 2 }, 'p3'] });
    expect(ids(plain)).toEqual(nearest(mean([1, 2, 3]), [1, 2, 3], 10));
  });

  it('finds what is near to a new pin', async () => {
    const { id: _, ...features } = collection.pins[290];
    const graph = await recommender.dataset.graph();
    const vector = await embedNewPins(model, recommender.dataset, graph, [{ features }], { neighborhoods });
    const [first] = await recommender.relatedTo(vector, { top: 1 });
    expect(first.row).toBe(290);
    expect(first.score).toBeCloseTo(1, 5);
  });

  it('says which id is unknown', async () => {
    const unknown = (promise: Promise<unknown>, id: string) =>
      expect(promise).rejects.toMatchObject({ code: 'NOT_FOUND', message: expect.stringContaining(id) });
    await unknown(recommender.related('p999'), "'p999'");
    await unknown(recommender.related(-1), '-1');
    await unknown(recommender.related(2n ** 64n), String(2n ** 64n));
    await unknown(recommender.related(null as unknown as string), 'null');
    await unknown(recommender.related({ row: PINS }), String(PINS));
    await unknown(recommender.related({ row: -1 }), '-1');
    await unknown(recommender.homeFeed({ board: 'b99' }), "'b99'");
    await unknown(recommender.homeFeed({ pins: ['p1', 'px'] }), "'px'");
    await unknown(recommender.related('p1', { exclude: ['py'] }), "'py'");
  });

  it('refuses other bad arguments', async () => {
    const refused = (promise: Promise<unknown>, argument: string) =>
      expect(promise).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', argument });
    await refused(recommender.homeFeed({ pins: [] }), 'pins');
    await refused(recommender.homeFeed({} as HomeFeedQuery), 'pins');
    await refused(recommender.homeFeed({ pins: ['p1'], weights: [1, 2] }), 'weights');
    await refused(recommender.homeFeed({ pins: ['p1'], weights: [Number.NaN] }), 'weights[0]');
    await refused(recommender.related('p1', { top: 0 }), 'top');
    await refused(recommender.related('p1', { columns: ['price'] }), 'columns');
    await refused(recommender.relatedTo(new Float32Array(3)), 'vector');
  });

  it('refuses embeddings of a dataset that was imported anew with other pins, until they are made again', async () => {
    const out = join(collection.directory, 'changing');
    const run = await RunDirectory.create(join(collection.directory, 'changing-run'), {
      dataset: out,
      split: null,
      model: {},
      trainer: {},
    });
    const importPins = async (pins: string) => {
      await importDataset({
        edges: `SELECT ${pins} AS pin, 'b' AS board`,
        pin: 'pin',
        board: 'board',
        out,
        force: true,
      });
      return Dataset.open(out);
    };
    const model = new PinSage({ features: [], width: 4, hidden: 4, output: 4 });
    for (const pins of ["unnest(['x', 'y'])", "unnest(['x', 'z'])"]) {
      await using dataset = await importPins(pins);
      const opened = Recommender.open(run.path);
      if (pins.includes('z')) await expect(opened).rejects.toMatchObject({ argument: 'embeddings' });
      else await expect(opened).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
      (await embedPins(model, dataset, await dataset.graph(), { out: run.path })).close();
      await using recommender = await Recommender.open(run.path);
      expect(await recommender.related('x')).toHaveLength(1);
    }
    model.dispose();
  });

  it('is not opened from what is no run, or another dataset’s', async () => {
    await expect(Recommender.open(collection.directory)).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    const other = join(collection.directory, 'other');
    const dataset = collection.dataset.directory;
    await RunDirectory.create(other, { dataset, split: null, model: {}, trainer: {} });
    await expect(Recommender.open(other)).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    const path = join(other, 'embeddings.safetensors');
    await writeSafetensors(path, { embeddings: { shape: [2, 3], data: new Float32Array(6) } });
    await expect(Recommender.open(other)).rejects.toMatchObject({ argument: 'embeddings' });
    await writeSafetensors(path, { embeddings: { shape: [6], data: new Float32Array(6) } });
    await expect(Embeddings.open(other)).rejects.toMatchObject({ code: 'FILE_CORRUPT' });
    await writeFile(path, 'nothing');
    await expect(Embeddings.open(other)).rejects.toMatchObject({ code: 'FILE_CORRUPT' });
  });
});
