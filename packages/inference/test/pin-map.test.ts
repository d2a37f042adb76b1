import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RunDirectory } from '@pinsage/model';
import { randomWords, writeSafetensors } from '@pinsage/native';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PinMap } from '../dist/index.js';
import { placePins } from '../src/map/place-pins.js';

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
  return map.state.positions;
};

describe('placePins', () => {
  it('puts every pin among its own kind, and always at the same place', async () => {
    const options = { width: WIDTH, landmarks: 200 };
    const progress: number[] = [];
    const positions = await placePins(vectors, { ...options, onProgress: (share) => progress.push(share) });
    expect(positions).toHaveLength(2 * PINS);
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
    expect(await placePins(vectors, { ...options, threads: 1 })).toEqual(positions);
  });

  it('places one pin, and pins that are all the same', async () => {
    expect(await placePins(Float32Array.of(1, 0), { width: 2 })).toHaveLength(2);
    expect(await placePins(new Float32Array(80).fill(1), { width: 2 })).toHaveLength(80);
  });
});

describe('PinMap', () => {
  it('is made in the background, kept with the run, and made again for other embeddings', async () => {
    const first = await PinMap.open(run);
    expect(first.state).toMatchObject({ status: 'computing' });
    const positions = await ready(first);
    const again = await PinMap.open(run);
    expect(again.state).toEqual({ status: 'ready', positions });
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
    expect((await ready(await PinMap.open(run))).length).toBe(2 * PINS);
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
