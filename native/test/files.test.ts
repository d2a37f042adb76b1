import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { commitReplace, MappedFile, writeFileAtomic } from '../lib/files.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pinsage-files-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('MappedFile', () => {
  test('shows the bytes of the file, and writes to it stay in memory', () => {
    const path = join(folder, 'a');
    writeFileSync(path, 'abcdef');
    using file = MappedFile.open(path);
    const bytes = new Uint8Array(file.buffer);
    expect(Buffer.from(bytes).toString()).toBe('abcdef');
    bytes[0] = 'X'.charCodeAt(0);
    expect(Buffer.from(bytes).toString()).toBe('Xbcdef');
    expect(readFileSync(path, 'utf8')).toBe('abcdef');
  });

  test('a created file holds what was written to its buffer', async () => {
    const path = join(folder, 'a');
    const file = MappedFile.create(path, 10_000);
    new Uint8Array(file.buffer).fill(7);
    await file.sync();
    expect(readFileSync(path)).toEqual(Buffer.alloc(10_000, 7));
    file.close();
    expect(readFileSync(path)).toEqual(Buffer.alloc(10_000, 7));
  });

  test('parts of a file are views of it, also where they overlap', async () => {
    const path = join(folder, 'a');
    using file = MappedFile.create(path, 10_000);
    const [head, all, tail] = [file.view(0, 4), file.buffer, file.view(9_998, 2)].map((view) => new Uint8Array(view));
    head[0] = 1;
    tail[1] = 2;
    expect([all[0], all[9_999], file.size]).toEqual([1, 2, 10_000]);
    await file.flush(5, 9_995);
    await file.flush(10_000, 0);
    file.expectRandomReads();
    expect([all[0], all[9_999]]).toEqual([1, 2]);
    expect(readFileSync(path)[9_999]).toBe(2);
    for (const [offset, bytes] of [
      [9_999, 2],
      [-1, 1],
      [10_001, 0],
      [0.5, 1],
    ]) {
      expect(() => file.view(offset, bytes)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
      await expect(file.flush(offset, bytes)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    }
    file.close();
    expect([head.length, all.length, tail.length]).toEqual([0, 0, 0]);
    expect(() => file.view(0, 1)).toThrow(expect.objectContaining({ code: 'CLOSED' }));
    expect(() => file.size).toThrow(expect.objectContaining({ code: 'CLOSED' }));
  });

  test('a file of more than 4 GiB is looked at in parts, and as a whole where Node.js can', () => {
    const path = join(folder, 'a');
    writeFileSync(path, '');
    const bytes = 5 * 2 ** 30;
    truncateSync(path, bytes);
    using file = MappedFile.open(path);
    expect(new Uint8Array(file.view(bytes - 3, 3))).toEqual(new Uint8Array(3));
    if (Number(process.versions.node.split('.')[0]) < 22) {
      expect(() => file.buffer).toThrow(expect.objectContaining({ code: 'OUT_OF_MEMORY' }));
    } else {
      expect(file.buffer.byteLength).toBe(bytes);
    }
  });

  test('an empty file is an empty buffer', () => {
    writeFileSync(join(folder, 'a'), '');
    using opened = MappedFile.open(join(folder, 'a'));
    using created = MappedFile.create(join(folder, 'b'), 0);
    expect(opened.buffer.byteLength).toBe(0);
    expect(created.buffer.byteLength).toBe(0);
  });

  test('after close the arrays are empty and use throws', async () => {
    writeFileSync(join(folder, 'a'), 'abc');
    const file = MappedFile.open(join(folder, 'a'));
    const bytes = new Uint8Array(file.buffer);
    file.close();
    file.close();
    expect(bytes.length).toBe(0);
    expect(() => file.buffer).toThrow(expect.objectContaining({ code: 'CLOSED' }));
    await expect(file.sync()).rejects.toMatchObject({ code: 'CLOSED' });
  });

  test('closing unmaps', async () => {
    const path = join(folder, 'a');
    writeFileSync(path, Buffer.alloc(1 << 20));
    const mapped = () => readFileSync('/proc/self/maps', 'utf8').includes(path);
    const file = MappedFile.open(path);
    if (process.platform === 'linux') expect(mapped()).toBe(true);
    file.close();
    await setTimeout(50);
    if (process.platform === 'linux') expect(mapped()).toBe(false);
  });

  test('closing during a running call is safe', { timeout: 60_000 }, async () => {
    for (let round = 0; round < 20; ++round) {
      const file = MappedFile.create(join(folder, 'a'), 8 << 20);
      new Uint8Array(file.buffer).fill(round);
      const syncing = file.sync();
      file.close();
      await syncing;
    }
    expect(readFileSync(join(folder, 'a'))[123]).toBe(19);
  });

  test('says what is wrong with a path', () => {
    expect(() => MappedFile.open(join(folder, 'none'))).toThrow(expect.objectContaining({ code: 'FILE_NOT_FOUND' }));
    expect(() => MappedFile.open(folder)).toThrow(expect.objectContaining({ code: 'IO' }));
    expect(() => MappedFile.create(join(folder, 'none', 'a'), 1)).toThrow(
      expect.objectContaining({ code: 'FILE_NOT_FOUND' }),
    );
    expect(() => MappedFile.create(join(folder, 'a'), -1)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
    );
    expect(() => MappedFile.create(join(folder, 'a'), 2 ** 45)).toThrow(expect.objectContaining({ code: 'IO' }));
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('writeFileAtomic', () => {
  test('replaces the file and leaves nothing else', async () => {
    const path = join(folder, 'a.json');
    await writeFileAtomic(path, 'old');
    await writeFileAtomic(path, 'new');
    expect(readFileSync(path, 'utf8')).toBe('new');
    expect(readdirSync(folder)).toEqual(['a.json']);
  });

  test('a failed write keeps the old file', async () => {
    const path = join(folder, 'a.json');
    await writeFileAtomic(path, 'old');
    await expect(writeFileAtomic(path, 5 as never)).rejects.toThrow();
    expect(readFileSync(path, 'utf8')).toBe('old');
    expect(readdirSync(folder)).toEqual(['a.json']);
  });

  test('a folder that is not there is said', async () => {
    await expect(writeFileAtomic(join(folder, 'none', 'a'), '')).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
  });
});

test('commitReplace puts one directory in the place of another', async () => {
  for (const name of ['old', 'new']) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, 'a'), name);
  }
  await commitReplace(join(folder, 'new'), join(folder, 'old'));
  expect(readFileSync(join(folder, 'old', 'a'), 'utf8')).toBe('new');
  expect(readdirSync(folder)).toEqual(['old']);
  await expect(commitReplace(join(folder, 'none'), join(folder, 'old'))).rejects.toMatchObject({
    code: 'FILE_NOT_FOUND',
  });
});

// A real full disk: a file system of one megabyte in memory, mounted in a user namespace of its own.
const disk = mkdtempSync(join(tmpdir(), 'disk-'));
const small = `mount -t tmpfs -o size=1m tmpfs ${disk}`;
const canMount = spawnSync('unshare', ['-rm', 'sh', '-c', small]).status === 0;
afterAll(() => rmSync(disk, { recursive: true }));

describe.skipIf(!canMount)('on a full disk', () => {
  const library = new URL('../dist/index.js', import.meta.url).href;

  function onSmallDisk(script: string): string {
    const program = `
      import { readdirSync, writeFileSync, readFileSync } from 'node:fs';
      import { createSafetensors, MappedFile, writeFileAtomic, writeSafetensors } from '${library}';
      const report = async (call) => {
        try { await call(); console.log('no error'); } catch (error) { console.log(error.code, error.message.includes('the disk is full')); }
      };
      ${script}
      console.log(readdirSync('.').join(','));`;
    const shell = `${small} && cd ${disk} && exec "$@"`;
    const node = [process.execPath, '--input-type=module', '-e', program];
    return execFileSync('unshare', ['-rm', 'sh', '-c', shell, 'sh', ...node], { encoding: 'utf8' });
  }

  test('every writer says so, keeps the old file and leaves nothing behind', { timeout: 60_000 }, () => {
    const output = onSmallDisk(`
      const data = new Float32Array(1 << 20);
      writeFileSync('a', 'old');
      await report(() => writeFileAtomic('a', new Uint8Array(4 << 20)));
      await report(() => writeSafetensors('a', { x: { shape: [1 << 20], data } }));
      await report(() => createSafetensors('a', { x: { dtype: 'F32', shape: [1 << 20] } }));
      await report(() => MappedFile.create('b', 4 << 20));
      console.log(readFileSync('a', 'utf8'));`);
    expect(output).toBe(`${'IO true\n'.repeat(4)}old\na\n`);
  });
});

test('a file cut while it is closed is refused, not trusted', () => {
  const path = join(folder, 'a');
  writeFileSync(path, Buffer.alloc(100));
  truncateSync(path, 10);
  using file = MappedFile.open(path);
  expect(file.buffer.byteLength).toBe(10);
});
