import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { delimiter, join } from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { findCollection } from '../src/collections/locate.js';
import { downloadMovieLens, findMovieLens } from '../src/collections/movielens.js';
import { findTate } from '../src/collections/tate.js';
import { unzip } from '../src/collections/unzip.js';
import { locateDatasets, prepareCollection } from '../src/index.js';
import { temporaryFolder, writeFiles } from './support.js';

afterEach(() => vi.unstubAllEnvs());

async function prepare(...[name, options]: Parameters<typeof prepareCollection>) {
  const prepared = await prepareCollection(name, options);
  onTestFinished(() => prepared.dataset.close());
  return prepared;
}

describe('locateDatasets', () => {
  test('folders of PINSAGE_DATASETS come first, the cache last, and only those that are there', () => {
    const folder = temporaryFolder();
    for (const name of ['a', 'b', 'cache/pinsage']) mkdirSync(join(folder, name), { recursive: true });
    vi.stubEnv('PINSAGE_DATASETS', ['a', 'none', 'b'].map((name) => join(folder, name)).join(delimiter));
    vi.stubEnv('XDG_CACHE_HOME', join(folder, 'cache'));
    const found = locateDatasets();
    expect(found.slice(0, 2)).toEqual([join(folder, 'a'), join(folder, 'b')]);
    expect(found.at(-1)).toBe(join(folder, 'cache/pinsage'));
    writeFiles(join(folder, 'b', 'films'), { 'x.csv': '' });
    expect(findCollection('films', ['x.csv'])).toBe(join(folder, 'b', 'films'));
    expect(findCollection('films', ['x.csv', 'y.csv'])).toBeUndefined();
  });
});

describe('the generated collection', () => {
  test('is reopened when it is there, and not taken for another', async () => {
    const out = join(temporaryFolder(), 'd');
    const first = await prepare('generated', { out, size: { pins: 200, boards: 30 } });
    expect(first).toMatchObject({
      name: 'generated',
      note: 'A generated collection: its pins and boards are made up.',
    });
    expect(first.dataset.pins).toBe(200);
    expect(first.dataset.boards).toBe(30);
    expect((await prepare('auto', { out })).note).toContain('prepared before');
    await expect(prepareCollection('tate', { out })).rejects.toMatchObject({ code: 'FILE_EXISTS' });
  });

  test('boards are about what their titles say', async () => {
    const { dataset } = await prepare('generated', { out: join(temporaryFolder(), 'd') });
    const graph = await dataset.graph();
    const boards = await dataset.describeBoards(Array.from({ length: graph.boards }, (_, i) => i));
    const pins = await dataset.describePins(Array.from({ length: graph.pins }, (_, i) => i));
    let about = 0;
    for (const [board, { title }] of boards.entries()) {
      for (const pin of graph.pinsOf(board)) {
        if ((title as string).toLowerCase().includes((pins[pin].topic as string).toLowerCase())) about++;
      }
    }
    expect(about / graph.edges).toBeGreaterThan(0.85);
    expect(about / graph.edges).toBeLessThan(0.97);
  });
});

describe.skipIf(findTate() === undefined)('Tate', () => {
  test('artworks are pins, subjects boards, and nothing that gives the answer away is a feature', async () => {
    const { dataset, note } = await prepare('auto', { out: join(temporaryFolder(), 'd') });
    expect(note).toMatch(/^The Tate collection, from /);
    expect(dataset.manifest.counts).toEqual({ pins: 69_202, boards: 8046, edges: 352_976, pinsWithoutEdges: 10_442 });
    const names = dataset.features.map(({ name }) => name);
    expect(names).toContain('title');
    for (const leak of ['id', 'acno', 'url', 'thumbnail_url']) expect(names).not.toContain(leak);
    expect(await dataset.describePins([0], ['title', 'artist'])).toEqual([
      { row: 0, id: 3, title: 'A Fishing Boat in Dieppe Harbour', artist: 'Christopher Wood' },
    ]);
    expect((await dataset.describeBoards(await dataset.boardRows([167])))[0].name).toBe('woman');
    expect(dataset.boardFeatures).toMatchObject([
      { name: 'name', kind: 'text', missing: 0 },
      { name: 'parent_id', kind: 'categories', missing: 0 },
    ]);
  });
});

describe.skipIf(findMovieLens() === undefined)('MovieLens', () => {
  test('films are pins, people boards, edges what they liked, in time', async () => {
    const { dataset } = await prepare('ml-latest-small', { out: join(temporaryFolder(), 'd') });
    expect(dataset.manifest.counts).toMatchObject({ pins: 9742, boards: 609, edges: 48_580 });
    expect(dataset.hasTimes).toBe(true);
    expect(await dataset.describePins([0])).toEqual([
      { row: 0, id: 1, title: 'Toy Story (1995)', genres: 'Adventure|Animation|Children|Comedy|Fantasy', year: '1995' },
    ]);
    const year = dataset.source(dataset.features[2]);
    expect(year.kind === 'dense' && year.values[0]).toBe(1995);
  });

  test('is fetched, checked and kept', async () => {
    const folder = findMovieLens()!;
    const files = ['movies.csv', 'ratings.csv', 'README.txt'];
    const archive = zip(
      Object.fromEntries(files.map((file) => [`ml-latest-small/${file}`, readFileSync(join(folder, file))])),
    );
    const base = await serve({ '/ml-latest-small.zip': archive });
    const cache = temporaryFolder();
    const fetched = await downloadMovieLens({ base, cache });
    for (const file of files)
      expect(readFileSync(join(fetched, file)).equals(readFileSync(join(folder, file)))).toBe(true);
    vi.stubEnv('PINSAGE_DATASETS', cache);
    expect(findMovieLens()).toBe(join(cache, 'ml-latest-small'));
  });
});

describe('a download that fails', () => {
  test('is said, and leaves nothing', async () => {
    const files = { 'ml-latest-small/movies.csv': Buffer.from('x'), 'ml-latest-small/ratings.csv': Buffer.from('y') };
    const base = await serve({
      '/other/ml-latest-small.zip': zip(files),
      '/cut/ml-latest-small.zip': zip(files).subarray(0, 60),
    });
    const cache = temporaryFolder();
    const from = (path: string) => downloadMovieLens({ base: base + path, cache });
    await expect(from('/none')).rejects.toMatchObject({ code: 'IO', message: expect.stringContaining('404') });
    await expect(from('/other')).rejects.toMatchObject({
      code: 'FILE_CORRUPT',
      message: expect.stringContaining('SHA-256'),
    });
    await expect(from('/cut')).rejects.toMatchObject({ code: 'FILE_CORRUPT' });
    await expect(downloadMovieLens({ base: 'http://127.0.0.1:1', cache })).rejects.toMatchObject({ code: 'IO' });
  });
});

test('auto falls back to a generated collection, and says so, where there is neither data nor network', () => {
  // A copy outside the repository, beside which no data lies.
  const folder = temporaryFolder();
  const repository = new URL('../../../', import.meta.url).pathname;
  cpSync(new URL('../dist', import.meta.url), join(folder, 'dist'), { recursive: true });
  symlinkSync(join(repository, 'node_modules'), join(folder, 'node_modules'));
  writeFiles(folder, {
    'package.json': '{ "type": "module" }',
    'offline.js': `globalThis.fetch = async () => { throw new TypeError('fetch failed', { cause: new Error('no network') }); };`,
    'run.js': `
      import { prepareCollection } from './dist/index.js';
      const { dataset, name, note } = await prepareCollection('auto', { out: 'data' });
      console.log(JSON.stringify({ name, note, pins: dataset.pins }));
      await dataset.close();`,
  });
  const env = { ...process.env, PINSAGE_DATASETS: '', XDG_CACHE_HOME: folder };
  const output = execFileSync(process.execPath, ['--import', './offline.js', 'run.js'], {
    cwd: folder,
    env,
    encoding: 'utf8',
  });
  expect(JSON.parse(output)).toEqual({
    name: 'generated',
    note: expect.stringMatching(
      /^A generated collection: its pins and boards are made up. No real data .* MovieLens could not be had: .* no network.$/,
    ),
    pins: 4000,
  });
});

describe('unzip', () => {
  const python = spawnSync('python3', ['--version']).status === 0;

  test.skipIf(!python)('reads what Python packs', () => {
    const path = join(temporaryFolder(), 'a.zip');
    const script = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], 'w') as z:
    z.writestr('plain.txt', 'plain', zipfile.ZIP_STORED)
    z.writestr('dir/packed.txt', 'packed ' * 1000, zipfile.ZIP_DEFLATED)
    z.comment = b'a comment'`;
    spawnSync('python3', ['-c', script, path]);
    const archive = readFileSync(path);
    expect(unzip(archive, 'plain.txt').toString()).toBe('plain');
    expect(unzip(archive, 'dir/packed.txt').toString()).toBe('packed '.repeat(1000));
    expect(() => unzip(archive, 'none')).toThrow(/has no none/);
  });

  test('refuses what is damaged', () => {
    const archive = zip({ a: Buffer.from('some text, some text') });
    for (let at = 0; at < archive.length; at++) {
      const damaged = Buffer.from(archive);
      damaged[at] ^= 0xff;
      try {
        expect(unzip(damaged, 'a').toString()).toBe('some text, some text');
      } catch (error) {
        expect(error).toMatchObject({ code: 'FILE_CORRUPT' });
      }
    }
  });
});

/** A zip archive made by the format's description. */
function zip(files: Record<string, Buffer>): Buffer {
  const parts: Buffer[] = [];
  const entries: Buffer[] = [];
  let offset = 0;
  for (const [name, bytes] of Object.entries(files)) {
    const packed = deflateRawSync(bytes);
    const head = Buffer.alloc(26);
    head.writeUInt16LE(20, 0);
    head.writeUInt16LE(8, 4);
    head.writeUInt32LE(crc32(bytes), 10);
    head.writeUInt32LE(packed.length, 14);
    head.writeUInt32LE(bytes.length, 18);
    head.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), head, Buffer.from(name), packed]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    entries.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00'), head, tail, Buffer.from(name)]));
    parts.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(entries);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, directory, end]);
}

/** Serves these paths, and 404 for others, until the test is over. */
async function serve(paths: Record<string, Buffer>): Promise<string> {
  const server = createServer((request, response) => {
    const body = paths[request.url ?? ''];
    response.writeHead(body ? 200 : 404).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
