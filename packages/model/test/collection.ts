import type { FeatureColumn } from '@pinsage/graph';
import { type FeatureSource, Graph, randomWords } from '@pinsage/native';

export const PINS = 40;
export const BOARDS = 14;

/** A random stream of numbers in [0, 1). */
function stream(seed: bigint, count: number): Float64Array {
  return Float64Array.from(randomWords(seed, [0, 0, 0], 77, count), (word) => word / 2 ** 32);
}

/** A graph in which pin 0 has no board and pin 1 a board of its own. */
export async function smallGraph(): Promise<Graph> {
  const pins: number[] = [1];
  const boards: number[] = [0];
  const random = stream(3n, 2 * 120);
  for (let i = 0; i < 120; ++i) {
    pins.push(2 + Math.floor(random[2 * i] ** 2 * (PINS - 2)));
    boards.push(1 + Math.floor(random[2 * i + 1] * (BOARDS - 1)));
  }
  return Graph.fromEdges(
    { pins: Uint32Array.from(pins), boards: Uint32Array.from(boards) },
    { pins: PINS, boards: BOARDS, duplicates: 'merge' },
  );
}

/** One feature of each kind, with missing values. */
export const columns: FeatureColumn[] = [
  {
    name: 'title',
    kind: 'text',
    width: 0,
    buckets: 12,
    idf: Float32Array.from({ length: 12 }, (_, i) => 1 + i / 8),
    missing: 5,
  },
  {
    name: 'year',
    kind: 'number',
    width: 1,
    statistics: { mean: 1900, std: 40, quantiles: [1800, 1850, 1850, 1900, 1950] },
    missing: 3,
  },
  { name: 'image', kind: 'dense', width: 6, missing: 4 },
  { name: 'genres', kind: 'categories', width: 0, buckets: 5, separator: '|', missing: 6 },
];

export function smallSources(): FeatureSource[] {
  const year = Float32Array.from(stream(4n, PINS), (x, pin) => (pin % 13 === 5 ? Number.NaN : 1780 + 190 * x));
  const image = Float32Array.from(stream(5n, PINS * 6), (x, i) => (Math.floor(i / 6) % 10 === 7 ? 0 : 4 * x - 2));
  return [
    bag(PINS, 6n, 12, 4),
    { kind: 'dense', values: year, width: 1 },
    { kind: 'dense', values: image, width: 6 },
    bag(PINS, 7n, 5, 3),
  ];
}

/** Features of boards: one has a name that a feature of pins has too. */
export const boardColumns: FeatureColumn[] = [
  { name: 'title', kind: 'text', width: 0, buckets: 9, idf: new Float32Array(9).fill(2), missing: 2 },
  {
    name: 'size',
    kind: 'number',
    width: 1,
    statistics: { mean: 3, std: 2, quantiles: [0, 2, 4, 8] },
    missing: 0,
  },
];

export function smallBoardSources(): FeatureSource[] {
  const size = Float32Array.from(stream(8n, BOARDS), (x) => 9 * x);
  return [bag(BOARDS, 9n, 9, 3), { kind: 'dense', values: size, width: 1 }];
}

function bag(nodes: number, seed: bigint, buckets: number, atMost: number): FeatureSource {
  const offsets = [0n];
  const rows: number[] = [];
  const weights: number[] = [];
  const random = stream(seed, nodes * (1 + 2 * atMost));
  let next = 0;
  for (let node = 0; node < nodes; ++node) {
    const own = new Set<number>();
    for (let count = Math.floor(random[next++] * (atMost + 1)); count > 0; --count) {
      own.add(Math.floor(random[next++] * buckets));
    }
    for (const row of own) {
      rows.push(row);
      weights.push(1 / Math.sqrt(own.size));
    }
    offsets.push(BigInt(rows.length));
  }
  return {
    kind: 'bag',
    offsets: BigUint64Array.from(offsets),
    rows: Uint32Array.from(rows),
    weights: Float32Array.from(weights),
  };
}
