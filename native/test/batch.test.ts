import { describe, expect, it } from 'vitest';
import {
  type BatchOptions,
  type FeatureSource,
  type GatheredFeature,
  gatherFeatures,
  type NewPins,
} from '../lib/index.js';
import { referenceBatch } from './reference/batch.js';
import { all, expectError, generator, randomGraph } from './support.js';

const PINS = 60;
const NEW_PINS: NewPins = { offsets: Uint32Array.of(0, 3, 3, 4), boards: Uint32Array.of(0, 4, 9, 2) };

const VARIANTS: [string, Uint32Array, BatchOptions][] = [
  ['one layer', Uint32Array.of(3, 1, 4, 1, 5, 59), { layers: 1, neighbors: 4 }],
  ['two layers', Uint32Array.of(3, 1, 4, 1, 5, 59), { layers: 2, neighbors: 3, walks: 10 }],
  ['three layers', Uint32Array.of(30), { layers: 3, neighbors: 2, walks: 5, seed: 6n }],
  ['all pins', all(PINS), { layers: 2, neighbors: 5 }],
  ['no roots', new Uint32Array(0), { layers: 2 }],
  ['only isolated roots', Uint32Array.of(58, 59, 58), { layers: 2, neighbors: 2 }],
  [
    'excluded pairs and held-out edges',
    Uint32Array.of(1, 2, 7, 8),
    {
      layers: 2,
      neighbors: 6,
      exclude: { queries: Uint32Array.of(1, 7), items: Uint32Array.of(2, 8) },
      heldOut: { folds: 5, fold: 3 },
    },
  ],
  ['before a time', Uint32Array.of(1, 2, 7, 8, 1), { layers: 2, neighbors: 6, before: 45n }],
  ['new pins', Uint32Array.of(60, 1, 61, 62, 60), { layers: 2, neighbors: 4, newPins: NEW_PINS }],
  [
    'new pins, restarting, held out, excluded, before a time',
    Uint32Array.of(60, 1, 62),
    {
      layers: 2,
      neighbors: 4,
      walks: 3,
      hops: 20,
      mode: 'restart',
      heldOut: { folds: 2, fold: 1 },
      before: 60n,
      newPins: NEW_PINS,
      exclude: { queries: Uint32Array.of(60), items: Uint32Array.of(1) },
    },
  ],
];

describe.each([false, true])('Graph.batch (weighted: %s)', (weighted) => {
  it.each(VARIANTS)('equals the reference: %s', async (_, roots, options) => {
    const { graph, reference } = await randomGraph(12, weighted);
    const expected = referenceBatch(reference, roots, options);
    for (const threads of [1, 2, 5]) {
      const { pins, rootRows, sizes, neighbors, weights, width, features } = await graph.batch(roots, {
        ...options,
        threads,
      });
      expect([...pins]).toEqual(expected.pins);
      expect([...rootRows]).toEqual(expected.rootRows);
      expect(sizes).toEqual(expected.sizes);
      expect([...neighbors]).toEqual(expected.neighbors);
      expect([...weights]).toEqual(expected.weights);
      expect([width, features]).toEqual([options.neighbors ?? 50, []]);
    }
  });
});

function offsets(bags: number[][]): number[] {
  let end = 0;
  return [0, ...bags.map((bag) => (end += bag.length))];
}

/** A feature of each kind: row p holds p and p / 10; bag p holds p % 4 rows. */
function sources(pins: number): FeatureSource[] {
  const bags = Array.from({ length: pins }, (_, pin) => Array.from({ length: pin % 4 }, (_, i) => 100 * pin + i));
  return [
    {
      kind: 'dense',
      width: 2,
      values: Float32Array.from({ length: 2 * pins }, (_, i) => (i % 2 ? (i - 1) / 20 : i / 2)),
    },
    {
      kind: 'bag',
      offsets: BigUint64Array.from(offsets(bags), BigInt),
      rows: Uint32Array.from(bags.flat()),
      weights: Float32Array.from(bags.flat(), (row) => row / 2),
    },
  ];
}

/** The value of an IEEE half, from its definition. */
function halfValue(half: number): number {
  const sign = half >> 15 ? -1 : 1;
  const exponent = (half >> 10) & 31;
  const fraction = (half & 1023) / 1024;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -14 : (1 + fraction) * 2 ** (exponent - 15));
}

function expectFeatures(gathered: Awaited<ReturnType<typeof gatherFeatures>>, pins: ArrayLike<number>, known: number) {
  const [dense, bag] = gathered;
  if (dense.kind !== 'dense' || bag.kind !== 'bag') throw new Error('The kinds are not those of the sources.');
  expect(dense.width).toBe(2);
  expect([...dense.values]).toEqual(
    Array.from(pins, (pin) => (pin < known ? [pin, Math.fround(pin / 10)] : [0, 0])).flat(),
  );
  const rows = Array.from(pins, (pin) => Array.from({ length: pin < known ? pin % 4 : 0 }, (_, i) => 100 * pin + i));
  expect([...bag.offsets]).toEqual(offsets(rows));
  expect([...bag.rows]).toEqual(rows.flat());
  expect([...bag.weights]).toEqual(rows.flat().map((row) => row / 2));
}

describe('features', () => {
  it('are gathered for every row of a batch, with nothing for new pins', async () => {
    const { graph } = await randomGraph(12);
    const batch = await graph.batch(Uint32Array.of(62, 5, 60), {
      layers: 2,
      neighbors: 4,
      features: sources(PINS),
      newPins: NEW_PINS,
    });
    expect(batch.pins.some((pin) => pin >= PINS)).toBe(true);
    expectFeatures(batch.features, batch.pins, PINS);
  });

  it('are gathered for any pins', async () => {
    const pins = Uint32Array.from({ length: 5000 }, (_, i) => (i * 37) % PINS);
    for (const threads of [1, 2, 5]) expectFeatures(await gatherFeatures(sources(PINS), pins, { threads }), pins, PINS);
    expectFeatures(await gatherFeatures(sources(PINS), new Uint32Array(0)), [], PINS);
    expect(await gatherFeatures([], pins)).toEqual([]);
  });

  it('are widened from halves and from 8-bit integers', async () => {
    const { graph } = await randomGraph(12);
    const width = 20;
    const random = generator(2);
    const halves = Uint16Array.from({ length: PINS * width }, () => random() * 2 ** 16);
    const integers = Int8Array.from({ length: PINS * width }, () => random() * 256 - 128);
    const scales = Float32Array.from({ length: PINS }, () => random());
    const features: FeatureSource[] = [
      { kind: 'dense', width, values: halves, dtype: 'f16' },
      { kind: 'dense', width, values: integers, dtype: 'i8', scale: 0.1 },
      { kind: 'dense', width, values: integers, dtype: 'i8', scale: scales },
    ];
    const expected = (pins: Uint32Array) => [
      Array.from(pins, (pin) => Array.from(halves.subarray(pin * width).subarray(0, width), halfValue)).flat(),
      Array.from(pins, (pin) =>
        Array.from(integers.subarray(pin * width).subarray(0, width), (value) => Math.fround(value * Math.fround(0.1))),
      ).flat(),
      Array.from(pins, (pin) =>
        Array.from(integers.subarray(pin * width).subarray(0, width), (value) => Math.fround(value * scales[pin])),
      ).flat(),
    ];
    const values = (gathered: GatheredFeature[]) =>
      gathered.map((feature) => (feature.kind === 'dense' ? [...feature.values] : []));
    const batch = await graph.batch(Uint32Array.of(5, 9), { layers: 2, neighbors: 4, features });
    expect(values(batch.features)).toEqual(expected(batch.pins));
    for (const threads of [1, 2]) {
      expect(values(await gatherFeatures(features, all(PINS), { threads }))).toEqual(expected(all(PINS)));
    }
  });

  it('refuse bad input', async () => {
    const { graph } = await randomGraph(12);
    const [dense, bag] = sources(PINS);
    const integers = { kind: 'dense', dtype: 'i8', width: 2, values: new Int8Array(120) };
    const bad = async (message: RegExp, source: unknown) => {
      const features = [source] as FeatureSource[];
      await expectError('INVALID_ARGUMENT', message, () => gatherFeatures(features, all(PINS)));
      await expectError('INVALID_ARGUMENT', message, () => graph.batch(all(PINS), { layers: 1, features }));
    };
    await bad(/features\[0\]\.width is 0/, { ...dense, width: 0 });
    await bad(/features\[0\]\.values is a Float32Array of 120; allowed: whole rows of 7/, { ...dense, width: 7 });
    await bad(/features\[0\]\.values is a Float64Array/, { ...dense, values: new Float64Array(120) });
    await bad(/features\[0\]\.offsets is a Uint32Array/, { ...bag, offsets: new Uint32Array(61) });
    await bad(/features\[0\]\.weights is a Float32Array of 1; allowed: a Float32Array of 90/, {
      ...bag,
      weights: new Float32Array(1),
    });
    await bad(/features\[0\]\.dtype is 'f64'/, { ...dense, dtype: 'f64' });
    await bad(/features\[0\]\.values is a Float32Array of 120; allowed: a Uint16Array/, { ...dense, dtype: 'f16' });
    await bad(/features\[0\]\.values is a Int8Array of 120; allowed: a Float32Array/, {
      ...integers,
      dtype: undefined,
    });
    await bad(/features\[0\]\.scale is undefined/, integers);
    await bad(/features\[0\]\.scale is a Float32Array of 1; allowed: a Float32Array of 60/, {
      ...integers,
      scale: new Float32Array(1),
    });
    const descending = (bag as { offsets: BigUint64Array }).offsets.slice().reverse();
    await bad(/the offsets of pin 0's bag are not in order/, { ...bag, offsets: descending });
    const beyond = (bag as { offsets: BigUint64Array }).offsets.slice().fill(2n ** 63n, 10);
    await bad(/the offsets of pin 9's bag are not in order/, { ...bag, offsets: beyond });
    await bad(/features\[0\] is undefined/, undefined);
    await expectError('INVALID_ARGUMENT', /pins\[0\] is 60/, () => gatherFeatures([dense], Uint32Array.of(60)));
    await expectError('INVALID_ARGUMENT', /features\[0\] is 30; allowed: rows for each of the 60 pins/, () =>
      graph.batch(all(2), { layers: 1, features: [{ ...dense, width: 4 } as FeatureSource] }),
    );
  });
});

describe('Graph.batch', () => {
  it('refuses bad input', async () => {
    const { graph } = await randomGraph(12);
    const bad = (message: RegExp, roots: Uint32Array, options: object) =>
      expectError('INVALID_ARGUMENT', message, () => graph.batch(roots, { layers: 2, ...options }));
    await bad(/layers is 0/, all(2), { layers: 0 });
    await bad(/layers is undefined/, all(2), { layers: undefined });
    await bad(/before is a BigInt64Array of 2; allowed: a bigint/, all(2), { before: new BigInt64Array(2) });
    await bad(/roots\[0\] is 60/, Uint32Array.of(60), {});
    await bad(/roots\[0\] is 63/, Uint32Array.of(63), { newPins: NEW_PINS });
    await bad(/newPins\.boards\[0\] is 25/, all(2), { newPins: { ...NEW_PINS, boards: Uint32Array.of(25, 0, 0, 0) } });
    for (const offsets of [[0, 3, 2, 4], [1, 3, 3, 4], [0, 3, 3], []]) {
      await bad(/newPins\.offsets is a Uint32Array/, all(2), {
        newPins: { ...NEW_PINS, offsets: Uint32Array.from(offsets) },
      });
    }
  });
});
