import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ioError, PinSageError, syncDirectory, writeFileAtomic } from '@pinsage/native';

const FORMAT = 'pinsage-live';
const VERSION = 1;
const CURRENT = 'CURRENT';

/** What CURRENT says. */
export interface Current {
  /** The generation that counts. */
  generation: number;
  /** Checksum of the run's embeddings of all pins when the first generation began; null when their file has none. */
  embeddings: string | null;
}

/** The names in a run's `live` directory. */
export class GenerationFiles {
  readonly directory: string;

  constructor(run: string) {
    this.directory = join(run, 'live');
  }

  get lock(): string {
    return join(this.directory, 'lock');
  }

  /** A generation's own directory. */
  generation(number: number): string {
    return join(this.directory, `generation-${number}`);
  }

  log(number: number): string {
    return join(this.generation(number), 'log');
  }

  dataset(number: number): string {
    return join(this.generation(number), 'dataset');
  }

  /** undefined where there is none. @throws PinSageError FILE_CORRUPT, FILE_VERSION, IO */
  async current(): Promise<Current | undefined> {
    const path = join(this.directory, CURRENT);
    let text: string;
    try {
      text = await readFile(path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw ioError('reading', path, error);
    }
    return parse(path, text);
  }

  /** Replaces CURRENT, durably. */
  async setCurrent(current: Current): Promise<Current> {
    const content = { format: FORMAT, version: VERSION, ...current };
    try {
      await writeFileAtomic(join(this.directory, CURRENT), `${JSON.stringify(content, null, 2)}\n`);
    } catch (error) {
      // It may have failed after the new one was there, which counts then.
      if ((await this.current())?.generation !== current.generation) throw error;
    }
    return current;
  }

  /** Makes the directory itself. */
  async prepare(): Promise<void> {
    await this.#makeDirectory(this.directory);
  }

  /** An empty directory for a generation, whatever a crash left there. */
  async make(number: number): Promise<void> {
    await this.remove(number);
    await this.#makeDirectory(this.generation(number));
  }

  async remove(number: number): Promise<void> {
    await rm(this.generation(number), { recursive: true, force: true });
  }

  /** Removes all generations but one, and what a crash left of CURRENT. */
  async removeOthers(number: number): Promise<void> {
    for (const name of await readdir(this.directory)) {
      const old = name.startsWith('generation-') && name !== `generation-${number}`;
      if (old || /^CURRENT\..*\.tmp$/.test(name))
        await rm(join(this.directory, name), { recursive: true, force: true });
    }
  }

  async #makeDirectory(path: string): Promise<void> {
    try {
      await mkdir(path, { recursive: true });
      await syncDirectory(dirname(path));
    } catch (error) {
      throw ioError('creating', path, error);
    }
  }
}

function parse(path: string, text: string): Current {
  try {
    const { format, version, generation, embeddings } = JSON.parse(text);
    if (format === FORMAT && Number.isInteger(version) && version > VERSION) {
      const message = `${path} has version ${version}; this program reads up to ${VERSION}.`;
      throw new PinSageError('FILE_VERSION', message);
    }
    const sound = Number.isInteger(generation) && generation >= 0;
    if (format === FORMAT && sound && (embeddings === null || typeof embeddings === 'string'))
      return { generation, embeddings };
  } catch (error) {
    if (error instanceof PinSageError) throw error;
  }
  throw new PinSageError('FILE_CORRUPT', `${path} does not name a generation.`);
}
