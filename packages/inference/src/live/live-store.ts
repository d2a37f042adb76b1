import { isDeepStrictEqual } from 'node:util';
import { Dataset, type ExternalId } from '@pinsage/graph';
import { acquireLock, type RunDirectory, releaseLock } from '@pinsage/model';
import { checkInteger, invalidArgument, PinSageError } from '@pinsage/native';
import { Embeddings } from '../embeddings.js';
import { type Answered, addEdges, addPins, type Change, removePins } from './changes.js';
import type { EdgeToAdd, PinToAdd } from './checks.js';
import { Generation, type Serve } from './generation.js';
import { type Current, GenerationFiles } from './generation-files.js';
import { decodeRecord, encodeRecord, type LiveRecord } from './records.js';
import { repeatChanges } from './repeat-changes.js';
import { type Kind, Turns } from './turns.js';
import { WriteAheadLog } from './write-ahead-log.js';
import { snapshotOf, writeGeneration } from './write-generation.js';

export interface LiveOptions {
  /** Bytes of the log beyond which it is compacted in the background. Default 64 MiB. */
  compactAt?: number;
  /** Told when a compaction in the background fails, or an old generation cannot be removed. Default: nobody is. */
  onWarning?: (message: string) => void;
}

/** How much has been changed. */
export interface LiveState {
  /** Of the dataset: one more after each compaction, 0 before the first. */
  generation: number;
  /** Size of the log on the disk. */
  logBytes: number;
  /** Changes in the log, one for each call, since the last compaction. */
  logEntries: number;
}

/** Pins that are embedded in one forward pass. */
const EMBEDDED_AT_ONCE = 1024;
const COMPACT_AT = 64 * 2 ** 20;

/**
 * A run's pins as they are now: a dataset, a log of what was added and removed since, and both in memory. Calls that wait while
 * others are answered are taken together: their pins are embedded in one forward pass, and share one sync of the log. A change is
 * checked, embedded, put on the disk, made visible, and then acknowledged, in this order.
 */
export class LiveStore {
  readonly #files: GenerationFiles;
  readonly #serve: Serve;
  readonly #model: string;
  readonly #options: LiveOptions;
  readonly #turns = new Turns(EMBEDDED_AT_ONCE);
  readonly #pins = this.#kind(addPins, (store, pins) => store.addPins(pins));
  readonly #edges = this.#kind(addEdges, (store, edges) => store.addEdges(edges));
  readonly #removal = this.#kind(removePins, (store, ids) => store.removePins(ids));
  readonly #stop = new AbortController();
  readonly #retiring = new Set<Promise<void>>();
  #current: Current;
  #now: Generation;
  #log: WriteAheadLog | undefined;
  /** Records that come while a new generation is being made. */
  #tail?: Buffer[];
  #compacting?: Promise<{ generation: number }>;
  /** Settled when neither a compaction nor a hand-over goes on: each needs the log to itself. */
  #replaced: Promise<unknown> = Promise.resolve();
  /** The store of another run that has everything now. */
  #successor?: LiveStore;
  #compactAt: number;
  #closed?: Promise<void>;

  private constructor(opened: Opened, log: WriteAheadLog | undefined, options: LiveOptions) {
    this.#files = opened.files;
    this.#serve = opened.serve;
    this.#model = opened.model;
    this.#current = opened.current;
    this.#now = opened.generation;
    this.#log = log;
    this.#options = options;
    this.#compactAt = checkInteger('compactAt', options.compactAt ?? COMPACT_AT, 1, Number.MAX_SAFE_INTEGER);
  }

  /**
   * Opens a run to change it, which no other process can do then.
   *
   * @throws PinSageError LOCKED; FILE_CORRUPT, FILE_VERSION; INVALID_ARGUMENT when the run was embedded anew since it was changed
   */
  static async open(run: RunDirectory, serve: Serve, options: LiveOptions = {}): Promise<LiveStore> {
    const files = new GenerationFiles(run.path);
    await files.prepare();
    await acquireLock(files.lock);
    let opened: Opened | undefined;
    try {
      const current = (await files.current()) ?? (await begin(run, files));
      await files.removeOthers(current.generation);
      opened = await openGeneration(run, files, current, serve);
      const { generation } = opened;
      const log = await WriteAheadLog.open(files.log(current.generation), async (records) => {
        await generation.apply(records.map(decodeRecord));
      });
      return new LiveStore(opened, log, options);
    } catch (error) {
      await opened?.generation.retire();
      await releaseLock(files.lock);
      throw error;
    }
  }

  /** Opens a run as it was changed, to read it; undefined for one that never was. Throws as `open` does, but for LOCKED. */
  static async read(run: RunDirectory, serve: Serve): Promise<LiveStore | undefined> {
    const files = new GenerationFiles(run.path);
    const current = await files.current();
    if (current === undefined) return undefined;
    const opened = await openGeneration(run, files, current, serve);
    try {
      await WriteAheadLog.read(files.log(current.generation), async (records) => {
        await opened.generation.apply(records.map(decodeRecord));
      });
      return new LiveStore(opened, undefined, {});
    } catch (error) {
      await opened.generation.retire();
      throw error;
    }
  }

  /** What is there now, for use before the next `await`. */
  get now(): Generation {
    return this.#now;
  }

  /** undefined when it is only read. */
  get state(): LiveState | undefined {
    if (this.#log === undefined) return undefined;
    const { size, records } = this.#log;
    return { generation: this.#now.number, logBytes: size, logEntries: records };
  }

  /** Does some work with the generation that is there now, which stays open until it is done. */
  use<T>(work: (generation: Generation) => Promise<T>): Promise<T> {
    return this.#now.use(work);
  }

  async addPins(pins: PinToAdd[]): Promise<{ added: number; rows: Uint32Array }> {
    this.#checkWritable();
    return this.#turns.take(this.#pins, pins);
  }

  async addEdges(edges: EdgeToAdd[]): Promise<{ added: number }> {
    this.#checkWritable();
    return this.#turns.take(this.#edges, edges);
  }

  async removePins(ids: ExternalId[]): Promise<{ removed: number }> {
    this.#checkWritable();
    return this.#turns.take(this.#removal, ids);
  }

  /** Makes a new generation. Calls meanwhile get the same one. */
  async compact(): Promise<{ generation: number }> {
    this.#checkWritable();
    this.#compacting ??= this.#replace(() => this.#successor?.compact() ?? this.#compact()).finally(() => {
      this.#compacting = undefined;
      this.#tail = undefined;
    });
    return this.#compacting;
  }

  /**
   * Makes all changes of this log in the store of another run, which answers from then on whatever this one is asked to change. Changes
   * go on meanwhile, and wait only while the last ones are repeated.
   *
   * @param switchOver Called when the successor has everything, before another change begins.
   * @throws PinSageError INVALID_ARGUMENT when this dataset has changes in it that the other run's has not, or a change cannot be made
   *   there; then nothing is handed over, and it can be tried again
   */
  handOver(successor: LiveStore, switchOver: () => void): Promise<void> {
    this.#checkWritable();
    return this.#replace(async () => {
      this.#checkSuccessor(successor);
      const repeated = await this.#repeat(successor, 0);
      await this.#turns.alone(async () => {
        await this.#repeat(successor, repeated);
        this.#successor = successor;
        switchOver();
      });
    });
  }

  /** Resolves when calls that were waiting are answered. A compaction is broken off: all that it was to write is in the log. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#stop.abort();
    await this.#replaced;
    await this.#turns.idle();
    await this.#log?.close();
    await Promise.all([this.#now.retire(), ...this.#retiring]);
    if (this.#log !== undefined) await releaseLock(this.#files.lock);
  }

  #checkWritable(): void {
    if (this.#closed !== undefined) throw new PinSageError('CLOSED', 'The recommender is closed.');
    if (this.#log === undefined) throw invalidArgument('live', false, 'true, to change what is there');
  }

  /** Changes that are logged together, then applied, then acknowledged. */
  #kind<Given extends unknown[], Result>(
    change: Change<Given, Result>,
    ask: (store: LiveStore, given: Given) => Promise<Result>,
  ): Kind<Given, Result> {
    return {
      size: (given) => (Array.isArray(given) ? given.length : 1),
      answer: async (group) => {
        const successor = this.#successor;
        if (successor !== undefined) {
          await Promise.all(group.map(({ given, resolve, reject }) => ask(successor, given).then(resolve, reject)));
          return;
        }
        const answered = await change(this.#now, group);
        await this.#write(answered);
        const rows = await this.#now.apply(answered.map(({ record }) => record));
        answered.forEach(({ acknowledge }, i) => {
          acknowledge(rows[i]);
        });
        this.#compactWhenLarge();
      },
    };
  }

  async #write(answered: Answered[]): Promise<void> {
    if (answered.length === 0) return;
    const records = answered.map(({ record }) => encodeRecord(record));
    await this.#log!.append(records);
    this.#tail?.push(...records);
  }

  #compactWhenLarge(): void {
    const { size } = this.#log!;
    if (size < this.#compactAt || this.#compacting !== undefined || this.#closed !== undefined) return;
    // After a failure, not before it has grown by as much again.
    this.#compactAt = size + (this.#options.compactAt ?? COMPACT_AT);
    this.compact().catch((error) => {
      if (error.code !== 'ABORTED') this.#options.onWarning?.(`The log was not compacted: ${error.message}`);
    });
  }

  #replace<T>(work: () => Promise<T>): Promise<T> {
    const replacing = this.#replaced.then(work);
    this.#replaced = replacing.catch(() => {});
    return replacing;
  }

  /** What was compacted is in no log any more. */
  #checkSuccessor({ now }: LiveStore): void {
    const { number, dataset } = this.#now;
    if (number === 0 || isDeepStrictEqual(dataset.manifest.files, now.dataset.manifest.files)) return;
    const allowed = `a run of a copy of ${dataset.directory}, which has the changes that were made before the last compaction`;
    throw invalidArgument('run', now.dataset.directory, allowed);
  }

  /** Makes the log's changes in another store, from a record on. @returns how many records there are */
  async #repeat(store: LiveStore, from: number): Promise<number> {
    const records: LiveRecord[] = [];
    let count = 0;
    for await (const record of this.#log!.contents()) if (count++ >= from) records.push(decodeRecord(record));
    await repeatChanges(records, store);
    return count;
  }

  async #compact(): Promise<{ generation: number }> {
    const old = this.#now;
    await old.checkModel();
    const number = old.number + 1;
    await this.#files.make(number);
    try {
      const snapshot = await this.#turns.alone(async () => {
        this.#tail = [];
        return snapshotOf(old);
      });
      const written = await writeGeneration(old, snapshot, this.#files, number, this.#stop.signal);
      const next = await Generation.over(number, written, this.#serve, this.#model);
      try {
        await this.#turns.alone(() => this.#switchTo(next));
      } catch (error) {
        await next.retire();
        throw error;
      }
      return { generation: number };
    } catch (error) {
      await this.#files.remove(number);
      throw error;
    }
  }

  /** The new generation counts as soon as CURRENT names it; until then the old one has everything. */
  async #switchTo(next: Generation): Promise<void> {
    const log = await WriteAheadLog.create(this.#files.log(next.number), this.#tail);
    try {
      await next.apply(this.#tail!.map(decodeRecord));
      this.#current = await this.#files.setCurrent({ ...this.#current, generation: next.number });
    } catch (error) {
      await log.close();
      throw error;
    }
    const [old, oldLog] = [this.#now, this.#log!];
    this.#now = next;
    this.#log = log;
    this.#compactAt = log.size + (this.#options.compactAt ?? COMPACT_AT);
    await oldLog.close();
    this.#retire(old);
  }

  #retire(old: Generation): void {
    const retiring = old
      .retire()
      .then(() => this.#files.remove(old.number))
      .catch((error) => this.#options.onWarning?.(`Generation ${old.number} was not removed: ${error.message}`))
      .finally(() => this.#retiring.delete(retiring));
    this.#retiring.add(retiring);
  }
}

interface Opened {
  files: GenerationFiles;
  current: Current;
  generation: Generation;
  serve: Serve;
  model: string;
}

/** The first generation is the run itself and an empty log. */
async function begin(run: RunDirectory, files: GenerationFiles): Promise<Current> {
  await files.make(0);
  await (await WriteAheadLog.create(files.log(0))).close();
  return files.setCurrent({ generation: 0, embeddings: await Embeddings.digestIn(run.path) });
}

async function openGeneration(
  run: RunDirectory,
  files: GenerationFiles,
  current: Current,
  serve: Serve,
): Promise<Opened> {
  if ((await Embeddings.digestIn(run.path)) !== current.embeddings) {
    const allowed = `a run whose embeddings are those that ${files.directory} was begun with: train into another directory, or remove ${files.directory} and with it all that was added`;
    throw invalidArgument('run', run.path, allowed);
  }
  const { generation: number } = current;
  const embeddings = await Embeddings.open(number === 0 ? run.path : files.generation(number));
  let dataset: Dataset;
  try {
    dataset = await Dataset.open(number === 0 ? run.datasetPath : files.dataset(number));
  } catch (error) {
    embeddings.close();
    throw error;
  }
  const generation = await Generation.over(number, { dataset, embeddings }, serve, run.modelPath);
  return { files, current, generation, serve, model: run.modelPath };
}
