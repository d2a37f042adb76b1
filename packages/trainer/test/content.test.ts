import { rm } from 'node:fs/promises';
import type { Dataset } from '@pinsage/graph';
import type { FeatureSource } from '@pinsage/native';
import { expect, it } from 'vitest';
import { Content } from '../src/baselines/content.js';
import { listCount, listOf } from '../src/lists.js';
import { homeTask } from '../src/tasks.js';
import { communities, openSplit } from './datasets.js';

/** The part of a dataset that the baseline reads. */
function withFeatures(pins: number, sources: Record<string, FeatureSource>): Dataset {
  const features = Object.entries(sources).map(([name, source]) => ({
    name,
    kind: source.kind === 'bag' ? 'text' : 'dense',
    width: source.kind === 'bag' ? 0 : source.width,
    buckets: 8,
  }));
  return { pins, features, source: ({ name }: { name: string }) => sources[name] } as unknown as Dataset;
}

it('ranks by the cosine of all columns side by side', async () => {
  const pins = 30;
  const rows = Array.from({ length: pins }, (_, pin) => (pin % 7 === 3 ? [] : [pin % 8, (pin * 3 + 1) % 8]));
  const dense = Array.from({ length: pins }, (_, pin) =>
    pin % 5 === 4 ? [0, 0, 0] : [Math.sin(pin), Math.cos(3 * pin), Math.sin(5 * pin)],
  );
  const offsets = new BigUint64Array(pins + 1);
  rows.forEach((row, pin) => {
    offsets[pin + 1] = offsets[pin] + BigInt(row.length);
  });
  const dataset = withFeatures(pins, {
    words: {
      kind: 'bag',
      offsets,
      rows: Uint32Array.from(rows.flat()),
      weights: new Float32Array(rows.flat().length).fill(Math.SQRT1_2),
    },
    image: { kind: 'dense', values: Float32Array.from(dense.flat()), width: 3 },
  });
  const vectors = rows.map((row, pin) => {
    const words = new Array(8).fill(0);
    for (const bucket of row) words[bucket] += Math.SQRT1_2;
    const length = Math.hypot(...dense[pin]) || 1;
    return [...words, ...dense[pin].map((value) => value / length)];
  });
  const score = (members: Uint32Array, pin: number) => {
    const sum = vectors[0].map((_, i) => [...members].reduce((total, member) => total + vectors[member][i], 0));
    // Two equal words in one bag make it longer than 1; the baseline counts columns, as imported bags have length 1.
    const columns = (rows[pin].length > 0 ? 1 : 0) + (pin % 5 === 4 ? 0 : 1);
    return columns === 0 ? 0 : sum.reduce((total, value, i) => total + value * vectors[pin][i], 0) / Math.sqrt(columns);
  };
  const task = {
    name: 'home' as const,
    description: '',
    available: 2,
    members: { offsets: Uint32Array.of(0, 1, 4), ids: Uint32Array.of(1, 5, 6, 7) },
    targets: { offsets: Uint32Array.of(0, 20, 40), ids: Uint32Array.from({ length: 40 }, (_, i) => 10 + (i % 20)) },
    exclude: { offsets: Uint32Array.of(0, 1, 4), ids: Uint32Array.of(1, 5, 6, 7) },
  };
  const { ranks } = await (await Content.create(dataset))!.rank(task, { top: 5, seed: 0 });
  for (let query = 0; query < 2; query++) {
    const members = listOf(task.members, query);
    const candidates = Array.from({ length: pins }, (_, pin) => pin).filter((pin) => !members.includes(pin));
    for (let i = 0; i < 20; i++) {
      const own = score(members, 10 + i);
      const better = candidates.filter((pin) => score(members, pin) > own + 1e-6).length;
      const asGood = candidates.filter((pin) => score(members, pin) > own - 1e-6).length;
      expect(ranks[query * 20 + i]).toBeGreaterThan(better);
      expect(ranks[query * 20 + i]).toBeLessThanOrEqual(asGood);
    }
  }
});

it('finds communities by their words, and needs words', async () => {
  const directory = await communities({ pins: 200, boards: 60, communities: 5, size: 10 });
  const { dataset, split } = await openSplit(directory);
  const task = homeTask(split.train, split.test, split.validation, { queries: 100, seed: 0 });
  const { ranks } = await (await Content.create(dataset))!.rank(task, { top: 20, seed: 0 });
  // A fifth of the pins is of the right community.
  expect([...ranks].filter((rank) => rank <= 60).length / ranks.length).toBeGreaterThan(0.8);
  expect(listCount(task.members)).toBeGreaterThan(30);
  expect(await Content.create({ features: [{ kind: 'number' }] } as unknown as Dataset)).toBeUndefined();
  await split.close();
  await dataset.close();
  await rm(directory, { recursive: true });
});
