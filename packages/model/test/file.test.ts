import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeFeatures } from '@pinsage/graph';
import { writeSafetensors } from '@pinsage/native';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PinSage } from '../src/index.js';
import { boardColumns, columns } from './collection.js';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pinsage-model-'));
});
afterAll(() => rm(directory, { recursive: true }));

const small = { width: 6, hidden: 4, output: 3, seed: 5 };
const row = { title: 'A small boat at sea', year: 1871, image: [1, 2, 3, 4, 5, 6], genres: 'sea|boat' };

describe('a saved model', () => {
  it('comes back with weights, config, features and metadata, and alone embeds new pins', async () => {
    const path = join(directory, 'model.safetensors');
    const vectors = { pinVector: true, pins: 9, boardVector: true, boards: 4, boardFeatures: boardColumns };
    const model = new PinSage({ features: columns, ...small, aggregator: 'max', ...vectors });
    model.neighborhoods = { walks: 20, mode: 'restart', neighbors: 7, seed: 2n ** 60n };
    await model.save(path, { note: 'hello' });
    const loaded = await PinSage.load(path);
    expect(loaded.config).toEqual(model.config);
    expect(loaded.features).toEqual(model.features);
    expect(loaded.metadata).toEqual({ note: 'hello' });
    expect(loaded.neighborhoods).toEqual(model.neighborhoods);
    expect(loaded.boardFeatures).toEqual(model.boardFeatures);
    expect([loaded.pins, loaded.boards]).toEqual([9, 4]);
    expect(loaded.variables.map(({ name, shape }) => ({ name, shape }))).toEqual(
      model.variables.map(({ name, shape }) => ({ name, shape })),
    );
    loaded.variables.forEach((variable, i) => {
      expect(variable.dataSync()).toEqual(model.variables[i].dataSync());
    });
    model.dispose();
    loaded.dispose();

    const content = new PinSage({ features: columns, ...small, layers: 0, degree: false });
    await content.save(path);
    const again = await PinSage.load(path);
    expect(again.neighborhoods).toBeUndefined();
    const h0 = (m: PinSage) => m.inputs(encodeFeatures(m.features, [row])).dataSync();
    expect(h0(again)).toEqual(h0(content));
    expect(h0(again).some((value) => value !== 0)).toBe(true);
    content.dispose();
    again.dispose();
  });

  it('is refused when it is missing, cut, changed, of another kind or newer', async () => {
    const path = join(directory, 'broken.safetensors');
    const refused = (code: string) => expect(PinSage.load(path)).rejects.toMatchObject({ code });
    await refused('FILE_NOT_FOUND');

    const model = new PinSage({ features: columns, ...small });
    await model.save(path);
    const bytes = await readFile(path);
    await truncate(path, bytes.length - 100);
    await refused('FILE_CORRUPT');

    const flipped = Buffer.from(bytes);
    flipped[bytes.length - 50] ^= 1;
    await writeFile(path, flipped);
    await refused('FILE_CORRUPT');

    await writeSafetensors(path, { x: { shape: [1], data: new Float32Array(1) } });
    await refused('FILE_CORRUPT');

    const description = { format: 'pinsage-model', model: JSON.stringify({ ...model.config, features: [] }) };
    await writeSafetensors(path, {}, { ...description, version: '1' });
    await refused('FILE_CORRUPT');
    await writeSafetensors(path, {}, { ...description, version: '2' });
    await refused('FILE_VERSION');
    await writeSafetensors(path, {}, { ...description, version: '1', model: '{' });
    await refused('FILE_CORRUPT');
    model.dispose();
  });
});
