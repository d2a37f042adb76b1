import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RunDirectory } from '@pinsage/model';
import { randomWords, writeSafetensors } from '@pinsage/native';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Embeddings, LivePlaces, PinMap, type PlacedPins, Recommender } from '../dist/index.js';
import { placePins } from '../src/map/place-pins.js';
import { makeRun } from './live-run.js';

const [PINS, WIDTH, GROUPS] = [600, 8, 4];

/** Pins around four directions. */
const vectors = Float32Array.from(randomWords(7n, [0, 0, 0], 0, PINS * WIDTH), (word, index) => {
  const group = Math.floor(index / WIDTH) % GROUPS;
  return 0.25 * (word / 2 ** 32 - 0.5) + (index % WIDTH === group ? 1 : 0);
});

let directory: string;
let run: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pinsage-map-'));
  run = join(directory, 'run');
  await RunDirectory.create(run, { dataset: join(directory, 'data'), split: null, model: {}, trainer: {} });
  await writeEmbeddings(vectors);
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const writeEmbeddings = (data: Float32Array) =>
  writeSafetensors(join(run, 'embeddings.safetensors'), { embeddings: { shape: [PINS, WIDTH], data } });

const ready = async (map: PinMap) => {
  await map.done();
  if (map.state.status !== 'ready') throw new Error(JSON.stringify(map.state));
  return map.state.placed;
};

describe('placePins', () => {
  it('puts every pin among its own kind, and always at the same place', async () => {
    const options = { width: WIDTH, landmarks: 200 };
    const progress: number[] = [];
    const placed = await placePins(vectors, { ...options, onProgress: (share) => progress.push(share) });
    const { positions, landmarks } = placed;
    expect(positions).toHaveLength(2 * PINS);
    expect(new Set(landmarks).size).toBe(200);
    expect(progress).toEqual(progress.toSorted((a, b) => a - b));
    expect(progress.at(-1)).toBe(1);
    const centres = Array.from({ length: GROUPS }, (_, group) => {
      const members = Array.from({ length: PINS / GROUPS }, (_, i) => GROUPS * i + group);
      const mean = (axis: number) => members.reduce((sum, pin) => sum + positions[2 * pin + axis], 0) / members.length;
      return [mean(0), mean(1)];
    });
    const distance = (pin: number, group: number) =>
      Math.hypot(positions[2 * pin] - centres[group][0], positions[2 * pin + 1] - centres[group][1]);
    for (let pin = 0; pin < PINS; pin++) {
      const nearest = centres.map((_, group) => distance(pin, group));
      expect(nearest.indexOf(Math.min(...nearest))).toBe(pin % GROUPS);
    }
    expect(await placePins(vectors, { ...options, threads: 1 })).toEqual(placed);
  });

  it('places one pin, and pins that are all the same', async () => {
    expect((await placePins(Float32Array.of(1, 0), { width: 2 })).positions).toHaveLength(2);
    expect((await placePins(new Float32Array(80).fill(1), { width: 2 })).positions).toHaveLength(80);
  });
});

describe('PinMap', () => {
  it('is made in the background, kept with the run, and made again for other embeddings', async () => {
    const first = await PinMap.open(run);
    expect(first.state).toMatchObject({ status: 'computing' });
    const placed = await ready(first);
    const again = await PinMap.open(run);
    expect(again.state).toEqual({ status: 'ready', placed });
    await writeEmbeddings(vectors.map((value) => -value));
    const other = await PinMap.open(run);
    expect(other.state).toMatchObject({ status: 'computing' });
    await ready(other);
    expect((await PinMap.open(run)).state.status).toBe('ready');
  });

  it('is made again when its file is damaged', async () => {
    await ready(await PinMap.open(run));
    const path = join(run, 'map.safetensors');
    const { length } = await readFile(path);
    await truncate(path, length - 10);
    const map = await PinMap.open(run);
    expect(map.state.status).toBe('computing');
    await ready(map);
    await writeFile(path, 'nonsense');
    expect((await ready(await PinMap.open(run))).positions.length).toBe(2 * PINS);
  });

  it('stops when it is closed', async () => {
    await rm(join(run, 'map.safetensors'), { force: true });
    const map = await PinMap.open(run);
    await map.close();
    await map.done();
    expect(map.state).toMatchObject({ status: 'failed' });
  });

  it('says what is missing', async () => {
    await expect(PinMap.open(directory)).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
  });
});

describe('LivePlaces', () => {
  it('gives added pins places among their own kind, and removed ones none', async () => {
    const live = await makeRun();
    const recommender = await Recommender.open(live.run, { live: true });
    try {
      const placed = await ready(await PinMap.open(live.run));
      const places = new LivePlaces(placed, recommender.embeddings);
      const now = () => recommender.use((parts) => places.now(parts));
      expect(await now()).toBe(placed.positions);
      const { dataset, embeddings, index } = recommender;

      const titles = ['night sea', 'a boat', 'hills'];
      const added = titles.map((title, i) => ({ id: `added${i}`, features: { title, image: [50 * i, 3, 7] } }));
      const { rows } = await recommender.addPins(added);
      const grown = await now();
      expect(grown.subarray(0, 2 * dataset.pins)).toEqual(placed.positions);
      expect(grown).toHaveLength(2 * (dataset.pins + 3));
      for (const row of rows)
        expect(distance(grown, row, meanPlace(placed, embeddings, index.of(row)))).toBeLessThan(1.02 * STEP);
      expect(await now()).toBe(grown);

      const removed = [String(recommender.catalogue.pinId(4)), 'added1'];
      await recommender.removePins(removed);
      const shrunk = await now();
      expect([...shrunk.subarray(8, 10), ...shrunk.subarray(2 * rows[1], 2 * rows[1] + 2)]).toEqual(
        Array(4).fill(65_535),
      );
      expect(shrunk.filter((place) => place === 65_535)).toHaveLength(4);
      expect(shrunk.subarray(2 * rows[2])).toEqual(grown.subarray(2 * rows[2]));
      expect(placed.positions).not.toContain(65_535);

      // More than are placed at once, and asked for by two at the same time.
      await recommender.addPins(Array.from({ length: 1100 }, (_, i) => ({ id: `more${i}`, features: {} })));
      const [one, other] = await Promise.all([now(), now()]);
      expect(one).toEqual(other);
      expect(one).toHaveLength(2 * (dataset.pins + 1103));
      expect(one.subarray(0, shrunk.length)).toEqual(shrunk);
    } finally {
      await recommender.close();
      await live.collection.close();
    }
  });
});

/** The longest step from the mean of the landmarks' places. */
const STEP = 65_535 / 60;

function distance(positions: Uint16Array, row: number, [x, y]: number[]): number {
  return Math.hypot(positions[2 * row] - x, positions[2 * row + 1] - y);
}

/** As docs/explorer.md defines it, of the six nearest landmarks. */
function meanPlace({ positions, landmarks }: PlacedPins, embeddings: Embeddings, vector: Float32Array): number[] {
  const product = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i], 0);
  const near = Array.from(landmarks, (row) => {
    const other = embeddings.of(row);
    return { row, cosine: product(vector, other) / Math.sqrt(product(vector, vector) * product(other, other)) };
  })
    .sort((a, b) => b.cosine - a.cosine)
    .slice(0, 6)
    .map(({ row, cosine }) => ({ row, weight: Math.exp(cosine / 0.04) }));
  const sum = near.reduce((total, { weight }) => total + weight, 0);
  return [0, 1].map((axis) => near.reduce((at, { row, weight }) => at + (weight / sum) * positions[2 * row + axis], 0));
}
