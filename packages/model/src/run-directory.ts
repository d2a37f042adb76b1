import { mkdir, readFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { ioError, PinSageError, writeFileAtomic } from '@pinsage/native';
import { acquireLock, releaseLock } from './run-lock.js';

const VERSION = 1;

/** `config.json` of a run: what it was made from and with. */
export interface RunConfig {
  version: number;
  /** The dataset's directory, relative to the run's. */
  dataset: string;
  /** Name of the dataset's split that was trained on; null for the whole graph. */
  split: string | null;
  /** Options of the model, as given. */
  model: Record<string, unknown>;
  /** Options of the training, as given. */
  trainer: Record<string, unknown>;
}

/** A directory that holds one training's configuration and results, under fixed names. */
export class RunDirectory {
  readonly path: string;
  readonly config: RunConfig;

  private constructor(path: string, config: RunConfig) {
    this.path = path;
    this.config = config;
  }

  /**
   * Makes the directory and writes its `config.json`. `dataset` is a path as the caller sees it.
   *
   * @throws PinSageError FILE_EXISTS when it holds a run already.
   */
  static async create(path: string, given: Omit<RunConfig, 'version'>): Promise<RunDirectory> {
    const absolute = resolve(path);
    const config: RunConfig = { version: VERSION, ...given, dataset: relative(absolute, resolve(given.dataset)) };
    await mkdir(absolute, { recursive: true }).catch((error) => {
      throw ioError('creating', absolute, error);
    });
    const run = new RunDirectory(absolute, config);
    await run.lock();
    try {
      if ((await readConfig(run.configPath)) !== null) {
        throw new PinSageError('FILE_EXISTS', `${path} holds a run already. Resume it, or choose another directory.`);
      }
      await writeFileAtomic(run.configPath, `${JSON.stringify(config, null, 2)}\n`);
    } finally {
      await run.unlock();
    }
    return run;
  }

  /** @throws PinSageError FILE_NOT_FOUND, FILE_CORRUPT, or FILE_VERSION for a run of a newer version. */
  static async open(path: string): Promise<RunDirectory> {
    const absolute = resolve(path);
    const text = await readConfig(join(absolute, 'config.json'));
    if (text === null) throw new PinSageError('FILE_NOT_FOUND', `${path} is not a run: it has no config.json.`);
    const config = parse(text);
    if (config === undefined)
      throw new PinSageError('FILE_CORRUPT', `${path}/config.json is not a run's configuration.`);
    if (config.version > VERSION) {
      throw new PinSageError(
        'FILE_VERSION',
        `${path} is a run of version ${config.version}; this program reads up to ${VERSION}.`,
      );
    }
    return new RunDirectory(absolute, config);
  }

  get configPath(): string {
    return join(this.path, 'config.json');
  }

  get modelPath(): string {
    return join(this.path, 'model.safetensors');
  }

  get embeddingsPath(): string {
    return join(this.path, 'embeddings.safetensors');
  }

  /** One JSON object a line. */
  get metricsPath(): string {
    return join(this.path, 'metrics.jsonl');
  }

  /** The directory of a step's checkpoint. */
  checkpointPath(step: number): string {
    return join(this.path, `checkpoint-${String(step).padStart(8, '0')}`);
  }

  get datasetPath(): string {
    return resolve(this.path, this.config.dataset);
  }

  /** Makes this process the only one that writes here, until `unlock` or its end. @throws PinSageError LOCKED */
  lock(): Promise<void> {
    return acquireLock(join(this.path, 'lock'));
  }

  unlock(): Promise<void> {
    return releaseLock(join(this.path, 'lock'));
  }
}

async function readConfig(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw ioError('reading', path, error);
  }
}

function parse(text: string): RunConfig | undefined {
  try {
    const config = JSON.parse(text) as RunConfig;
    const { version, dataset, split, model, trainer } = config;
    if (typeof version !== 'number') return undefined;
    const known = typeof dataset === 'string' && (split === null || typeof split === 'string');
    // A newer version may have other fields; it is refused as newer.
    if (version > VERSION || (known && isObject(model) && isObject(trainer))) return config;
  } catch {}
  return undefined;
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
