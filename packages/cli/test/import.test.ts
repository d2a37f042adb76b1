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
