import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { pinsage } from './command.js';

let directory: string;
const file = (name: string) => join(directory, name);

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pinsage-import-'));
  await writeFile(file('edges.csv'), 'pin,board\n1,a\n2,a\n1,b\n');
  await writeFile(file('boards.csv'), 'board,name,age\na,The sea,30\nb,,\n');
});

afterAll(() => rm(directory, { recursive: true, force: true }));

it('takes features of boards, and describes them', async () => {
  const flags = ['--pin', 'pin', '--board', 'board', '--boards', file('boards.csv')];
  const features = ['--board-feature', 'name:text:512', '--board-feature', 'age:number'];
  const imported = await pinsage(['import', file('edges.csv'), ...flags, ...features, '--out', file('d'), '--json']);
  expect(imported.code).toBe(0);
  expect(imported.json.boardMissing).toEqual({ name: 1, age: 1 });
  expect(imported.stderr).toContain('1 boards have no name');
  const { json, stderr } = await pinsage(['info', file('d'), '--json']);
  expect(json.features).toEqual([]);
  expect(json.boardFeatures).toMatchObject([
    { name: 'name', kind: 'text', buckets: 512 },
    { name: 'age', kind: 'number', missing: 1 },
  ]);
  expect(stderr).toContain('name (text), age (number)');
});

it('takes types of boards, and says how many there are of each', async () => {
  await writeFile(file('kinds.csv'), 'board,kind\na,playlist\nb,album\n');
  const flags = ['--pin', 'pin', '--board', 'board', '--boards', file('kinds.csv'), '--board-type', 'kind'];
  const imported = await pinsage(['import', file('edges.csv'), ...flags, '--out', file('typed'), '--json']);
  expect(imported.code).toBe(0);
  expect(imported.json.boardTypes).toEqual({ playlist: 1, album: 1 });
  expect(imported.stderr).toContain('1 boards are of the type playlist');
  const { json, stderr } = await pinsage(['info', file('typed'), '--json']);
  expect(json.boardTypes).toEqual([
    { name: 'playlist', boards: 1 },
    { name: 'album', boards: 1 },
  ]);
  expect(stderr).toMatch(/Boards: playlist +1\n/);
  const quota = ['--set', 'trainer.neighborhoods.quotas.radio=3'];
  const refused = await pinsage(['train', file('typed'), '--out', file('run'), '--split-kind', 'none', ...quota]);
  expect(refused.code).not.toBe(0);
  expect(refused.stderr).toMatch(/quotas is 'radio'; allowed: playlist, album/);
});

it('takes vectors from a file of their own', async () => {
  const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }\n".padStart(118);
  const prefix = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, header.length, 0]);
  const data = new Uint8Array(Float32Array.of(1, 2, Number.NaN, 4, 5, 6).buffer);
  await writeFile(file('clip.npy'), Buffer.concat([prefix, Buffer.from(header), data]));
  await writeFile(file('ids.csv'), 'pin\n2\n1\n9\n');
  const flags = ['--pin', 'pin', '--board', 'board', '--out', file('v'), '--json'];
  const feature = `image:dense:i8=${file('clip.npy')}@${file('ids.csv')}`;
  const imported = await pinsage(['import', file('edges.csv'), ...flags, '--feature', feature]);
  expect(imported.code).toBe(0);
  expect(imported.json.vectorFiles).toEqual([
    { of: 'pins', feature: 'image', file: file('clip.npy'), vectors: 3, unknown: 1, notFinite: 1 },
  ]);
  expect(imported.stderr).toContain('1 vectors of image are of no pins in the dataset');
  expect(imported.stderr).toContain('1 vectors of image hold a NaN');
  const { json, stderr } = await pinsage(['info', file('v'), '--json']);
  expect(json.features).toMatchObject([{ name: 'image', kind: 'dense', width: 2, store: 'i8', missing: 1 }]);
  expect(stderr).toContain('image (dense, 2 × i8)');
});

it('generates tables, and imports them with the memory that it is given', async () => {
  const size = ['--pins', '1.5e3', '--boards', '200', '--edges', '5e3', '--vectors', '4'];
  const tables = file('tables');
  const generated = await pinsage(['generate', ...size, '--memory', '64MB', '--out', tables, '--json']);
  expect(generated.code).toBe(0);
  const { edges, pins, vectors } = generated.json;
  const flags = ['--pin', 'pin', '--board', 'board', '--pins', pins, '--feature', `vector:dense=${vectors}`];
  const imported = await pinsage(['import', edges, ...flags, '--memory', '0.1GB', '--out', file('g'), '--json']);
  expect(imported.json).toMatchObject({ pins: 1500, boards: 200, missing: { vector: 0 } });

  const again = await pinsage(['generate', ...size, '--out', tables, '--json']);
  expect([again.code, again.json.error.code]).toEqual([1, 'FILE_EXISTS']);
  for (const amount of ['4 elephants', 'GB', '-1MB']) {
    const refused = await pinsage(['import', edges, ...flags, `--memory=${amount}`, '--out', file('x'), '--json']);
    expect([refused.code, refused.json.error.code]).toEqual([2, 'USAGE']);
  }
  const tooLittle = await pinsage(['import', edges, ...flags, '--memory', '1MB', '--out', file('x'), '--json']);
  expect([tooLittle.code, tooLittle.json.error.code]).toEqual([2, 'INVALID_ARGUMENT']);
});
