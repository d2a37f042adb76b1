import { randomBytes } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import { invalidArgument, ioError, PinSageError, syncDirectory } from '@pinsage/native';

// The file, little-endian. Header: MAGIC (8 bytes), version u32, salt u32. Then groups: MARK u32, sequence u32 (0, 1, …), bytes u32,
// CRC-32 u32 (of the salt, the three numbers before it, and the contents), contents: records, each bytes u32 and the record.
const MAGIC = 'PINSLOG\n';
const VERSION = 1;
const HEADER = 16;
const MARK = 0x474f4c50;
const GROUP_HEADER = 16;

/** Records that wait are written together up to this size. */
const GROUP_BYTES = 16 * 2 ** 20;
/** Of one append; a damaged length is told by it too. */
const MOST_BYTES = 256 * 2 ** 20;

/** Where a log ends, and what comes next. */
interface Place {
  salt: number;
  sequence: number;
  end: number;
  records: number;
}

interface Waiting {
  records: Buffer[];
  bytes: number;
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * A file to which records are only ever added. Those of one append are kept together: all or none of them are there after a crash.
 * Appends that wait while others are being written share one write and one fdatasync (group commit; DeWitt et al., SIGMOD 1984).
 *
 * Groups are written one after the other, each synced before the next, so a crash can only leave the last one unfinished: that was
 * acknowledged to nobody, and is cut off. A group that is broken and has a whole one behind it is damage, which is refused.
 */
export class WriteAheadLog {
  readonly path: string;
  readonly #file: FileHandle;
  readonly #salt: number;
  #sequence: number;
  #end: number;
  #records: number;
  #waiting: Waiting[] = [];
  #writing?: Promise<void>;
  #broken?: PinSageError;
  #closed = false;

  private constructor(path: string, file: FileHandle, { salt, sequence, end, records }: Place) {
    this.path = path;
    this.#file = file;
    this.#salt = salt;
    this.#sequence = sequence;
    this.#end = end;
    this.#records = records;
  }

  /** A new log with these records, durably. @throws PinSageError IO, FILE_EXISTS */
  static async create(path: string, records: Buffer[] = []): Promise<WriteAheadLog> {
    try {
      const file = await open(path, 'wx+');
      try {
        const header = Buffer.alloc(HEADER);
        header.write(MAGIC, 'latin1');
        header.writeUInt32LE(VERSION, 8);
        randomBytes(4).copy(header, 12);
        await writeFully(file, header, 0);
        await file.sync();
        await syncDirectory(dirname(path));
        const salt = header.readUInt32LE(12);
        const log = new WriteAheadLog(path, file, { salt, sequence: 0, end: HEADER, records: 0 });
        for (const record of records) await log.append([record]);
        return log;
      } catch (error) {
        await file.close();
        throw error;
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST')
        throw new PinSageError('FILE_EXISTS', `${path} exists already.`);
      throw ioError('writing', path, error);
    }
  }

  /**
   * Opens a log to go on with it, and cuts off what a crash left unfinished.
   *
   * @param replay Is given every record, in order, those that were written together at once.
   * @throws PinSageError FILE_NOT_FOUND, FILE_CORRUPT, FILE_VERSION, IO
   */
  static async open(path: string, replay: (records: Buffer[]) => void | Promise<void>): Promise<WriteAheadLog> {
    try {
      const file = await open(path, 'r+');
      try {
        const { size, ...place } = await scan(path, file, replay);
        if (size > place.end) {
          await file.truncate(place.end);
          await file.sync();
        }
        return new WriteAheadLog(path, file, place);
      } catch (error) {
        await file.close();
        throw error;
      }
    } catch (error) {
      throw ioError('reading', path, error);
    }
  }

  /** Reads a log that another process may be writing to, and changes nothing. Throws as `open` does. */
  static async read(path: string, replay: (records: Buffer[]) => void | Promise<void>): Promise<void> {
    try {
      const file = await open(path, 'r');
      try {
        await scan(path, file, replay);
      } finally {
        await file.close();
      }
    } catch (error) {
      throw ioError('reading', path, error);
    }
  }

  /** Bytes of the file that are on the disk. */
  get size(): number {
    return this.#end;
  }

  /** Records that are on the disk. */
  get records(): number {
    return this.#records;
  }

  /** All records that are on the disk when it is called. @throws PinSageError FILE_CORRUPT, IO */
  async *contents(): AsyncGenerator<Buffer> {
    const end = this.#end;
    for (let at = HEADER; at < end; ) {
      const group = await readGroup(this.#file, this.#salt, at).catch((error) => {
        throw ioError('reading', this.path, error);
      });
      if (group === undefined) throw new PinSageError('FILE_CORRUPT', `${this.path} is damaged at byte ${at}.`);
      yield* recordsOf(this.path, group.contents);
      at += GROUP_HEADER + group.contents.length;
    }
  }

  /**
   * Resolves when the records are on the disk. When it rejects they are not in the log, and the log can be used on.
   *
   * @throws PinSageError IO, with "the disk is full" where it is; INVALID_ARGUMENT for more than 256 MiB at once; CLOSED
   */
  append(records: Buffer[]): Promise<void> {
    if (this.#closed) return Promise.reject(new PinSageError('CLOSED', `${this.path} is closed.`));
    const bytes = records.reduce((sum, { length }) => sum + 4 + length, 0);
    if (bytes > MOST_BYTES)
      return Promise.reject(invalidArgument('records', `${bytes} bytes`, `up to ${MOST_BYTES} bytes at once`));
    const appended = new Promise<void>((resolve, reject) => {
      this.#waiting.push({ records, bytes, resolve, reject });
    });
    this.#writing ??= this.#write();
    return appended;
  }

  /** Resolves when all that was appended is on the disk or was refused. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#writing;
    await this.#file.close();
  }

  async #write(): Promise<void> {
    while (this.#waiting.length > 0) {
      const group = this.#takeGroup();
      try {
        await this.#writeGroup(group.flatMap(({ records }) => records));
        for (const { resolve } of group) resolve();
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    this.#writing = undefined;
  }

  #takeGroup(): Waiting[] {
    let count = 1;
    for (let { bytes } = this.#waiting[0]; count < this.#waiting.length; ++count) {
      bytes += this.#waiting[count].bytes;
      if (bytes > GROUP_BYTES) break;
    }
    return this.#waiting.splice(0, count);
  }

  async #writeGroup(records: Buffer[]): Promise<void> {
    if (this.#broken !== undefined) throw this.#broken;
    const group = encodeGroup(this.#salt, this.#sequence, records);
    try {
      await writeFully(this.#file, group, this.#end);
      await this.#file.datasync();
    } catch (error) {
      await this.#undo();
      throw ioError('writing', this.path, error);
    }
    this.#end += group.length;
    this.#records += records.length;
    ++this.#sequence;
  }

  /** Without it, what was refused could still be there after a crash, or the next group would stand behind a broken one. */
  async #undo(): Promise<void> {
    try {
      await this.#file.truncate(this.#end);
      await this.#file.sync();
    } catch (cause) {
      const message = `${this.path} cannot be written, nor what was begun be taken back: open it again.`;
      this.#broken = new PinSageError('IO', message, { cause });
    }
  }
}

function encodeGroup(salt: number, sequence: number, records: Buffer[]): Buffer {
  const parts: Buffer[] = [Buffer.alloc(GROUP_HEADER)];
  for (const record of records) {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(record.length);
    parts.push(length, record);
  }
  const group = Buffer.concat(parts);
  group.writeUInt32LE(MARK, 0);
  group.writeUInt32LE(sequence, 4);
  group.writeUInt32LE(group.length - GROUP_HEADER, 8);
  group.writeUInt32LE(checksum(salt, group.subarray(0, 12), group.subarray(GROUP_HEADER)), 12);
  return group;
}

/** The salt is the log's own: neither another log's blocks nor a record that looks like a group can be taken for one of its groups. */
function checksum(salt: number, numbers: Buffer, contents: Buffer): number {
  return crc32(contents, crc32(numbers, salt));
}

/** Gives out all whole groups' records, and tells where they end. @throws FILE_CORRUPT, FILE_VERSION */
async function scan(
  path: string,
  file: FileHandle,
  replay: (records: Buffer[]) => void | Promise<void>,
): Promise<Place & { size: number }> {
  const { size } = await file.stat();
  const header = await readAt(file, 0, HEADER);
  if (header.length < HEADER || header.toString('latin1', 0, 8) !== MAGIC)
    throw new PinSageError('FILE_CORRUPT', `${path} is not a log of ours.`);
  const version = header.readUInt32LE(8);
  if (version > VERSION)
    throw new PinSageError('FILE_VERSION', `${path} has version ${version}; this program reads up to ${VERSION}.`);
  const salt = header.readUInt32LE(12);
  let end = HEADER;
  let sequence = 0;
  let records = 0;
  for (;;) {
    const group = await readGroup(file, salt, end);
    if (group === undefined || group.sequence !== sequence) break;
    const together = [...recordsOf(path, group.contents)];
    await replay(together);
    records += together.length;
    end += GROUP_HEADER + group.contents.length;
    ++sequence;
  }
  if (end < size && (await hasGroupBehind(file, salt, sequence, end, size))) {
    const message = `${path} is damaged at byte ${end}, and what was added after it is whole: it was not a crash that did this.`;
    throw new PinSageError('FILE_CORRUPT', message);
  }
  return { salt, sequence, end, records, size };
}

/** The group that begins here; undefined when none does that is whole. */
async function readGroup(file: FileHandle, salt: number, at: number) {
  const header = await readAt(file, at, GROUP_HEADER);
  if (header.length < GROUP_HEADER || header.readUInt32LE(0) !== MARK) return undefined;
  const bytes = header.readUInt32LE(8);
  if (bytes > MOST_BYTES) return undefined;
  const contents = await readAt(file, at + GROUP_HEADER, bytes);
  if (contents.length < bytes || checksum(salt, header.subarray(0, 12), contents) !== header.readUInt32LE(12))
    return undefined;
  return { sequence: header.readUInt32LE(4), contents };
}

function* recordsOf(path: string, contents: Buffer): Generator<Buffer> {
  for (let at = 0; at < contents.length; ) {
    const next = at + 4 + (at + 4 <= contents.length ? contents.readUInt32LE(at) : contents.length);
    if (next > contents.length) throw new PinSageError('FILE_CORRUPT', `${path} holds a record longer than its group.`);
    yield contents.subarray(at + 4, next);
    at = next;
  }
}

/** Whether a later group is whole, wherever it begins: a damaged length says nothing of where the next one does. */
async function hasGroupBehind(file: FileHandle, salt: number, sequence: number, from: number, size: number) {
  const mark = Buffer.alloc(4);
  mark.writeUInt32LE(MARK);
  const step = 2 ** 20;
  for (let begin = from + 1; begin < size; begin += step) {
    const piece = await readAt(file, begin, step + mark.length - 1);
    for (let at = piece.indexOf(mark); at >= 0; at = piece.indexOf(mark, at + 1)) {
      const group = await readGroup(file, salt, begin + at);
      if (group !== undefined && group.sequence > sequence) return true;
    }
  }
  return false;
}

async function readAt(file: FileHandle, position: number, bytes: number): Promise<Buffer> {
  const buffer = Buffer.alloc(Math.min(bytes, Math.max(0, (await file.stat()).size - position)));
  let filled = 0;
  while (filled < buffer.length) {
    const { bytesRead } = await file.read(buffer, filled, buffer.length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

async function writeFully(file: FileHandle, data: Buffer, position: number): Promise<void> {
  for (let written = 0; written < data.length; ) {
    written += (await file.write(data, written, data.length - written, position + written)).bytesWritten;
  }
}
