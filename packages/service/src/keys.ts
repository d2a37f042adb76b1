import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { appendFile, chmod, readFile } from 'node:fs/promises';
import { invalidArgument, PinSageError } from '@pinsage/native';

/** A line of a file of keys: the SHA-256 of a key, and whose it is. */
const LINE = /^([0-9a-f]{64})(?: {2}(.*))?$/;

/** The keys that a service knows, each by its SHA-256 alone. */
export class ApiKeys {
  readonly #hashes: Buffer[];

  private constructor(hashes: Buffer[]) {
    this.#hashes = hashes;
  }

  /** Keys of a file that `makeKey` has written. @throws PinSageError FILE_NOT_FOUND · FILE_CORRUPT */
  static async open(path: string): Promise<ApiKeys> {
    const lines = (await readLines(path)).split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'));
    const hashes = lines.map((line) => {
      const [, hash] = LINE.exec(line.trimEnd()) ?? [];
      if (hash === undefined)
        throw new PinSageError('FILE_CORRUPT', `${path} has a line that is not a SHA-256 and a name.`);
      return Buffer.from(hash, 'hex');
    });
    return new ApiKeys(hashes);
  }

  /** Keys as they are. */
  static of(keys: string[]): ApiKeys {
    return new ApiKeys(keys.map(sha256));
  }

  get size(): number {
    return this.#hashes.length;
  }

  /** Whether a key is known. Takes as long whatever the key is and wherever it stands. */
  has(key: string): boolean {
    const hash = sha256(key);
    let found = 0;
    for (const known of this.#hashes) found |= Number(timingSafeEqual(known, hash));
    return found === 1;
  }
}

/**
 * Makes a key of 256 random bits and adds its hash to a file, which is made when it is not there.
 *
 * @param name Whose it is, for people who read the file; one line.
 * @returns The key, which is written nowhere.
 */
export async function makeKey(path: string, name = ''): Promise<string> {
  if (typeof name !== 'string' || /[\r\n]/.test(name)) throw invalidArgument('name', name, 'one line');
  const key = `ps_${randomBytes(32).toString('base64url')}`;
  try {
    await appendFile(path, `${sha256(key).toString('hex')}  ${name}\n`, { mode: 0o600, flush: true });
    await chmod(path, 0o600);
  } catch (error) {
    throw new PinSageError('IO', `${path} cannot be written: ${(error as Error).message}`, { cause: error });
  }
  return key;
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

async function readLines(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'FILE_NOT_FOUND' : 'IO';
    throw new PinSageError(code, `${path} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}
