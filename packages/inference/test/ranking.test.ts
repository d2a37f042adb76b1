import { join } from 'node:path';
import { PinSage, RunDirectory } from '@pinsage/model';
import { randomWords } from '@pinsage/native';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Embeddings, embedPins, type Recommendation, Recommender } from '../src/index.js';
import { candidatesFor, diversify } from '../src/serving/mmr.js';
import { fuseRanks } from '../src/serving/rank-fusion.js';
import { cosine } from '../src/serving/vector-math.js';
import { type Collection, makeCollection, PINS } from './collection.js';

const random = (stream: number, count: number) =>
  Array.from(randomWords(5n, [0, 0, 0], stream, count), (word) => word / 2 ** 32);

describe('diversify', () => {
  const vectors = Array.from({ length: 60 }, (_, i) => Float32Array.from(random(i, 6), (value) => value - 0.3));
  const relevance = random(99, 60).sort((a, b) => b - a);

  it('chooses by the equation, computed as slowly as it is written', () => {
    for (const diversity of [0, 0.3, 0.7, 1]) {
      const left = new Set(vectors.keys());
      const chosen: number[] = [];
      while (chosen.length < 20) {
        const value = (d: number) => {
          const likest = chosen.length === 0 ? 0 : Math.max(...chosen.map((s) => cosine(vectors[d], vectors[s])));
          return ((1 - diversity) * relevance[d]) / relevance[0] - diversity * likest;
        };
        const next = [...left].reduce((best, d) => (value(d) > value(best) ? d : best));
        left.delete(next);
        chosen.push(next);
      }
      expect(diversify(relevance, vectors, 20, diversity)).toEqual(chosen);
    }
  });

  it('keeps the order without diversity, and its end beyond the places that it chooses', () => {
    expect(diversify(relevance, vectors, 60, 0)).toEqual([...vectors.keys()]);
    const many = Array.from({ length: 400 }, (_, i) => vectors[i % 60]);
    const falling = many.map((_, i) => 1 - i / 1000);
    const order = diversify(falling, many, 300, 0.8);
    expect(new Set(order).size).toBe(300);
    expect(order.slice(200)).toEqual(order.slice(200).sort((a, b) => a - b));
    expect(diversify([], [], 10, 0.5)).toEqual([]);
    expect([1, 50, 500, 10_000].map(candidatesFor)).toEqual([100, 250, 1000, 10_000]);
  });
});

describe('fuseRanks', () => {
  it('adds the shares by ranks', () => {
    const { rows, scores } = fuseRanks([
      { rows: [7, 3, 5], share: 0.75 },
      { rows: [5, 9], share: 0.25 },
    ]);
    const expected = { 7: 0.75, 3: (0.75 * 61) / 62, 5: (0.75 * 61) / 63 + 0.25, 9: (0.25 * 61) / 62 };
    expect([...rows]).toEqual([5, 7, 3, 9]);
    rows.forEach((row, i) => {
      expect(scores[i]).toBeCloseTo(expected[row as 7], 6);
    });
  });
});

describe('a recommender', () => {
  let collection: Collection;
  let recommender: Recommender;
  beforeAll(async () => {
    collection = await makeCollection();
    const run = join(collection.directory, 'run');
    const dataset = collection.dataset.directory;
    const { modelPath } = await RunDirectory.create(run, { dataset, split: null, model: {}, trainer: {} });
    const model = new PinSage({ features: collection.dataset.features, width: 8, hidden: 8, output: 10 });
    await model.save(modelPath);
    (await embedPins(model, collection.dataset, await collection.dataset.graph(), { out: run })).close();
    model.dispose();
    recommender = await Recommender.open(run);
  });
  afterAll(async () => {
    await recommender.close();
    await collection.close();
  });
  const rows = (found: Recommendation[]) => found.map(({ row }) => row);

  /** The mean cosine of all pairs. */
  function likeness(found: Recommendation[]): number {
    const vectors = rows(found).map((row) => recommender.index.of(row));
    const pairs = vectors.flatMap((a, i) => vectors.slice(0, i).map((b) => cosine(a, b)));
    return pairs.reduce((sum, value) => sum + value, 0) / pairs.length;
  }

  it('recommends pins that are less like each other with diversity', async () => {
    const plain = await recommender.related('p3');
    const diverse = await recommender.related('p3', { diversity: 0.6 });
    expect(diverse).toHaveLength(10);
    expect(diverse[0]).toEqual(plain[0]);
    expect(likeness(diverse)).toBeLessThan(likeness(plain));
    for (const { row, score } of diverse) {
      expect(score).toBeCloseTo(cosine(recommender.index.of(3), recommender.index.of(row)), 5);
    }
  });

  it('mixes walks in, leaving out what is left out', async () => {
    const { graph } = { graph: await collection.dataset.graph() };
    const walked = await graph.recommend({ pins: Uint32Array.of(3) }, { top: 100, steps: 20_000 });
    const walks = await recommender.related('p3', { walk: 1, top: 20 });
    expect(rows(walks)).toEqual([...walked.ids.subarray(0, 20)]);
    const plain = await recommender.related('p3', { top: 100 });
    const expected = fuseRanks([
      { rows: rows(plain), share: 0.5 },
      { rows: walked.ids, share: 0.5 },
    ]);
    expect(rows(await recommender.related('p3', { walk: 0.5 }))).toEqual([...expected.rows.subarray(0, 10)]);
    const some = rows(walks).slice(0, 3);
    const options = { walk: 1, exclude: some.map((row) => ({ row })), filter: { year: { gte: 1850 } }, top: PINS };
    const found = await recommender.related('p3', { ...options, columns: ['year'] });
    expect(found.length).toBeGreaterThan(20);
    expect(found.every(({ row, year }) => !some.includes(row) && Number(year) >= 1850)).toBe(true);
  });

  it('mixes walks into home feeds, and diversifies both', async () => {
    const found = await recommender.homeFeed({ board: 'b4' }, { walk: 0.5, diversity: 0.3, top: 25 });
    const members = recommender.catalogue.membersOf(recommender.catalogue.boardRow('b4'));
    expect(found).toHaveLength(25);
    expect(rows(found).filter((row) => members.includes(row))).toEqual([]);
    const weighted = { pins: ['p1', 'p2'], weights: [1, -0.5] };
    expect(await recommender.homeFeed(weighted, { walk: 1 })).toHaveLength(10);
    expect(await recommender.related('p299', { walk: 0.5 })).toHaveLength(10);
  });

  it('embeds pins that it does not know', async () => {
    const { id: _, ...features } = collection.pins[290];
    const vectors = await recommender.embed([{ features }, { features, boards: ['b4', 'b5'] }]);
    expect(vectors).toHaveLength(20);
    const [first] = await recommender.relatedTo(vectors.slice(0, 10), { top: 1 });
    expect(first.row).toBe(290);
    expect(vectors.slice(0, 10)).not.toEqual(vectors.slice(10));
    await expect(recommender.embed([{ features: {}, boards: ['b99'] }])).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(recommender.embed([{ features: { image: 'x' } }])).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await using without = await Recommender.over(collection.dataset, new Embeddings(new Float32Array(PINS), 1));
    await expect(without.embed([{ features }])).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
  });

  it('searches titles', async () => {
    const [first] = await recommender.search(String(collection.pins[8].title), { columns: ['title'] });
    expect(first.title).toBe(collection.pins[8].title);
    await expect(recommender.search('a', { limit: 0 })).rejects.toMatchObject({ argument: 'limit' });
  });

  it('refuses shares that are none', async () => {
    const refused = (promise: Promise<unknown>, argument: string) =>
      expect(promise).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', argument });
    await refused(recommender.related('p1', { walk: 1.5 }), 'walk');
    await refused(recommender.related('p1', { walk: Number.NaN }), 'walk');
    await refused(recommender.related('p1', { diversity: -0.1 }), 'diversity');
    await refused(recommender.relatedTo(new Float32Array(10), { walk: 0.5 }), 'walk');
  });
});
