import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { addon } from './addon.js';
import { checkInteger, fromNative, PinSageError } from './errors.js';

interface NativeMappedFile {
  readonly size: number;
  view(offset: number, bytes: number): ArrayBuffer;
  sync(): Promise<void>;
  flush(offset: number, bytes: number): Promise<void>;
  expectRandomReads(): void;
  close(): void;
}

/**
 * A file as an ArrayBuffer, without reading it: pages come in as they are touched, and several processes share them.
 *
 * While it is mapped the file must not be made shorter (replace it by a rename, as everything here does): touching a page that
 * is gone ends the process.
 */
export class MappedFile {
  readonly path: string;
  readonly #native: NativeMappedFile;
  #buffer?: ArrayBuffer;

  private constructor(path: string, native: NativeMappedFile) {
    this.path = path;
    this.#native = native;
  }

  /**
   * Maps an existing file. Writes to the buffer stay in this process (copy-on-write) and never reach the file.
   * @throws FILE_NOT_FOUND; IO when it cannot be read or is not a regular file.
   */
  static open(path: string): MappedFile {
    return new MappedFile(
      path,
      native(() => new addon.MappedFile(path)),
    );
  }

  /**
   * Creates or replaces a file of `bytes` zero bytes, mapped so that what is written to the buffer is written to the file.
   * The disk space is reserved before this returns.
   * @throws IO, with "the disk is full" where it is.
   */
  static create(path: string, bytes: number): MappedFile {
    checkInteger('bytes', bytes, 0, 2 ** 46);
    return new MappedFile(
      path,
      native(() => new addon.MappedFile(path, bytes)),
    );
  }

  /** Bytes of the file. @throws CLOSED */
  get size(): number {
    return this.#open(() => this.#native.size);
  }

  /** All of the file's bytes. @throws CLOSED; OUT_OF_MEMORY as `view` */
  get buffer(): ArrayBuffer {
    this.#buffer ??= this.view(0, this.size);
    return this.#buffer;
  }

  /**
   * A part of the file's bytes, without a copy: what a file is looked at through that is larger than one ArrayBuffer may be.
   *
   * @throws CLOSED; OUT_OF_MEMORY for more than 4 GiB before Node.js 22; INVALID_ARGUMENT for a part that is not in the file
   */
  view(offset: number, bytes: number): ArrayBuffer {
    return this.#open(() => this.#native.view(offset, bytes));
  }

  /** Waits until everything written to the buffer is on the disk. */
  async sync(): Promise<void> {
    await native(() => this.#native.sync()).catch((error) => {
      throw fromNative(error);
    });
  }

  /**
   * As `sync`, for a part of the file that will not be needed for a while: its memory is free for others at once.
   * @throws CLOSED · IO; INVALID_ARGUMENT for a part that is not in the file
   */
  async flush(offset: number, bytes: number): Promise<void> {
    await this.#open(() => this.#native.flush(offset, bytes)).catch((error) => {
      throw fromNative(error);
    });
  }

  /** Says that it will be read here and there: then no more is read from the disk than what is asked for. @throws CLOSED */
  expectRandomReads(): void {
    this.#open(() => this.#native.expectRandomReads());
  }

  /** Typed arrays over the file become empty at once; the memory goes when no running native call can be reading it. */
  close(): void {
    this.#buffer = undefined;
    this.#native.close();
  }

  #open<T>(call: () => T): T {
    try {
      return native(call);
    } catch (error) {
      if (!(error instanceof PinSageError) || error.code !== 'CLOSED') throw error;
      throw new PinSageError('CLOSED', `${this.path} is closed.`, { cause: error });
    }
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/**
 * Writes a file so that at every moment `path` is either the old file or the whole new one: temporary name, fsync, rename,
 * fsync of the directory. The temporary file is removed when anything fails.
 * @throws IO, with "the disk is full" where it is.
 */
export async function writeFileAtomic(path: string, data: string | Uint8Array): Promise<void> {
  await replaceFile(path, async (file) => {
    await file.writeFile(data);
  });
}

/** As writeFileAtomic, for contents that `write` puts into the open temporary file. */
export async function replaceFile(path: string, write: (file: FileHandle) => Promise<void>): Promise<void> {
  const temporary = temporaryName(path);
  try {
    const file = await open(temporary, 'wx');
    try {
      await write(file);
      await file.sync();
    } finally {
      await file.close();
    }
    await commitRename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw ioError('writing', path, error);
  }
}

/** A name beside `path` for what is not finished. It carries the process id, so that what a dead process left can be told. */
export function temporaryName(path: string): string {
  return `${path}.${process.pid}-${randomBytes(4).toString('hex')}.tmp`;
}

/** Renames a file or directory, durably: the directory entry too is on the disk when this returns. */
export async function commitRename(from: string, to: string): Promise<void> {
  await rename(from, to);
  await syncDirectory(dirname(to));
}

/**
 * Puts a finished directory in the place of another, durably, and removes that one. Where the system can swap two names, the old or
 * the new directory is there at every moment; elsewhere there is an instant with neither, when both have temporary names.
 */
export async function commitReplace(from: string, to: string): Promise<void> {
  let old = from;
  if (!native(() => addon.exchangePaths(from, to))) {
    old = temporaryName(to);
    await rename(to, old);
    await rename(from, to);
  }
  await syncDirectory(dirname(to));
  await rm(old, { recursive: true, force: true });
}

/** SHA-256 of a file, as hexadecimal digits. */
export async function fileDigest(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20 })) hash.update(chunk);
  return hash.digest('hex');
}

export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } catch (error) {
    // Some file systems have no such thing as syncing a directory.
    if (!['EINVAL', 'EPERM', 'ENOTSUP'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  } finally {
    await directory.close();
  }
}

/** What node:fs threw, as a PinSageError. */
export function ioError(doing: string, path: string, error: unknown): unknown {
  if (error instanceof PinSageError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === undefined) return error;
  if (code === 'ENOENT') return new PinSageError('FILE_NOT_FOUND', `There is no file ${path}.`, { cause: error });
  const reason = code === 'ENOSPC' || code === 'EDQUOT' ? 'the disk is full' : message;
  return new PinSageError('IO', `${doing} ${path}: ${reason}.`, { cause: error });
}

function native<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw fromNative(error);
  }
}
