import { execFileSync } from 'node:child_process';
import { appendFile, mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { canMount, onSmallDisk } from '../../graph/test/small-disk.js';
import { WriteAheadLog } from '../src/live/write-ahead-log.js';

let directory: string;
let path: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pinsage-log-'));
  path = join(directory, 'log');
});
afterEach(() => rm(directory, { recursive: true }));

const library = new URL('../dist/live/write-ahead-log.js', import.meta.url).href;

async function open(): Promise<{ log: WriteAheadLog; records: string[] }> {
  const records: string[] = [];
  const log = await WriteAheadLog.open(path, (group) => {
    records.push(...group.map(String));
  });
  return { log, records };
}

/** What is in the log after it was opened, which may cut it. */
async function contents(): Promise<string[]> {
  const { log, records } = await open();
  await log.close();
  return records;
}

async function write(groups: string[][]): Promise<number[]> {
  const log = await WriteAheadLog.create(path);
  const ends = [log.size];
  for (const group of groups) {
    await log.append(group.map((text) => Buffer.from(text)));
    ends.push(log.size);
  }
  await log.close();
  return ends;
}

describe('WriteAheadLog', () => {
  it('gives back what was appended, in order, and goes on', async () => {
    await write([['a', '', 'ß'.repeat(3000)], ['b']]);
    const { log, records } = await open();
    expect(records).toEqual(['a', '', 'ß'.repeat(3000), 'b']);
    await log.append([Buffer.from('c')]);
    await log.close();
    expect(await contents()).toEqual([...records, 'c']);
    expect((await stat(path)).size).toBe(log.size);
  });

  it('begins with the records that it is given', async () => {
    await (await WriteAheadLog.create(path, [Buffer.from('x'), Buffer.from('y')])).close();
    expect(await contents()).toEqual(['x', 'y']);
    await expect(WriteAheadLog.create(path)).rejects.toMatchObject({ code: 'FILE_EXISTS' });
  });

  it('writes appends that wait together, as one group', async () => {
    const log = await WriteAheadLog.create(path);
    const appended = Array.from({ length: 500 }, (_, i) => log.append([Buffer.from(`${i}`)]));
    await Promise.all(appended);
    await log.close();
    const bytes = await readFile(path);
    const marks = bytes.toString('latin1').split('PLOG').length - 1;
    expect(marks).toBe(2); // the first alone, and all that came while it was being written
    expect(await contents()).toEqual(Array.from({ length: 500 }, (_, i) => `${i}`));
  });

  it('cuts what a crash left unfinished, wherever it broke off, and goes on', async () => {
    const ends = await write([['first'], ['second', 'third']]);
    const whole = await readFile(path);
    for (let size = ends[1]; size < ends[2]; ++size) {
      await writeFile(path, whole.subarray(0, size));
      const { log, records } = await open();
      expect(records).toEqual(['first']);
      await log.append([Buffer.from('again')]);
      await log.close();
      expect(await contents()).toEqual(['first', 'again']);
    }
    // What was reserved and not written, or written in part.
    for (const tail of [Buffer.alloc(5000), Buffer.concat([whole.subarray(ends[1], ends[2] - 3), Buffer.alloc(3)])]) {
      await writeFile(path, Buffer.concat([whole.subarray(0, ends[1]), tail]));
      expect(await contents()).toEqual(['first']);
      expect((await stat(path)).size).toBe(ends[1]);
    }
  });

  it('reads a log that another is writing to, and leaves it as it is', async () => {
    await write([['first']]);
    await appendFile(path, 'PLOG');
    const records: string[] = [];
    await WriteAheadLog.read(path, (group) => {
      records.push(...group.map(String));
    });
    expect(records).toEqual(['first']);
    expect((await readFile(path)).toString('latin1')).toMatch(/PLOG$/);
  });

  it('refuses damage that no crash can do, at any byte', async () => {
    const ends = await write([['first'], ['second'], ['third']]);
    const whole = await readFile(path);
    for (let at = ends[0]; at < ends[2]; ++at) {
      const damaged = Buffer.from(whole);
      damaged[at] ^= 0x10;
      await writeFile(path, damaged);
      await expect(open(), `byte ${at}`).rejects.toMatchObject({ code: 'FILE_CORRUPT' });
      expect((await stat(path)).size).toBe(whole.length);
    }
  });

  it('does not take a record that looks like a group for one', async () => {
    const ends = await write([['first']]);
    const group = (await readFile(path)).subarray(ends[0]);
    const later = Buffer.from(group);
    later.writeUInt32LE(7, 4);
    await rm(path);
    const log = await WriteAheadLog.create(path, [Buffer.from('a')]);
    const end = log.size;
    await log.append([Buffer.concat([later, group])]);
    await log.close();
    await truncate(path, log.size - 1);
    expect(await contents()).toEqual(['a']);
    expect((await stat(path)).size).toBe(end);
  });

  it('refuses what is no log, a newer one, and use after closing', async () => {
    await expect(open()).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    await writeFile(path, 'PINSL');
    await expect(open()).rejects.toMatchObject({ code: 'FILE_CORRUPT' });
    await rm(path);
    await write([]);
    const bytes = await readFile(path);
    bytes.writeUInt32LE(2, 8);
    await writeFile(path, bytes);
    await expect(open()).rejects.toMatchObject({ code: 'FILE_VERSION' });
    await rm(path);
    const log = await WriteAheadLog.create(path);
    await log.close();
    await expect(log.append([Buffer.from('a')])).rejects.toMatchObject({ code: 'CLOSED' });
  });

  it('says that a file may not grow, loses nothing, and is usable', () => {
    // 8 blocks of 1024 bytes. SIGXFSZ would end the process; Node ignores it.
    const output = execFileSync(
      'bash',
      ['-c', `ulimit -f 8; exec "$0" --input-type=module -e "$1"`, process.execPath, fillingProgram(path)],
      { encoding: 'utf8' },
    );
    expect(output.trim().split('\n')).toEqual(['IO', 'small true']);
  });

  it.skipIf(!canMount)('says that the disk is full, loses nothing, and is usable', () => {
    const output = onSmallDisk(64, fillingProgram('log'));
    expect(output.trim().split('\n')).toEqual(['IO', 'small true']);
  });
});

/** Appends until it fails, then something small where the last one did not fit, and compares what was acknowledged with what is there. */
function fillingProgram(path: string): string {
  return `
    import { WriteAheadLog } from '${library}';
    const log = await WriteAheadLog.create('${path}');
    const kept = [];
    for (let i = 0; ; ++i) {
      const text = i + ' '.repeat(3000);
      try { await log.append([Buffer.from(text)]); kept.push(text); } catch (error) { console.log(error.code); break; }
    }
    await log.append([Buffer.from('small')]);
    kept.push('small');
    await log.close();
    const found = [];
    await (await WriteAheadLog.open('${path}', (group) => { found.push(...group.map(String)); })).close();
    console.log(found.at(-1), found.length > 2 && found.join() === kept.join());`;
}
