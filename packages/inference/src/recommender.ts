import { Dataset, type ExternalId } from '@pinsage/graph';
import { type NeighborhoodSettings, RunDirectory } from '@pinsage/model';
import {
  checkBoolean,
  checkInteger,
  checkNumber,
  type IndexStore,
  invalidArgument,
  PinSageError,
  type TaskOptions,
} from '@pinsage/native';
import { Embeddings, pinsChecksum } from './embeddings.js';
import type { EdgeToAdd, PinToAdd } from './live/checks.js';
import type { Serve } from './live/generation.js';
import { type LiveState, LiveStore } from './live/live-store.js';
import { has } from './serving/bitset.js';
import type { Catalogue, WalkQuery } from './serving/catalogue.js';
import { DatasetCatalogue } from './serving/dataset-catalogue.js';
import { ExactIndex } from './serving/exact-index.js';
import type { Filter } from './serving/filter.js';
import { candidatesFor, diversify } from './serving/mmr.js';
import { NewPinEmbedder, type UnknownPin } from './serving/new-pin-embedder.js';
import { openPinIndex, type Search } from './serving/open-pin-index.js';
import type { Nearest, NearestOptions, PinIndex } from './serving/pin-index.js';
import { fuseRanks } from './serving/rank-fusion.js';
import { realPath } from './serving/real-path.js';
import { RowVectors } from './serving/row-vectors.js';
import { dot } from './serving/vector-math.js';

/** A pin by its id in the dataset, or by its row. */
export type PinReference = ExternalId | { row: number };

export interface RecommendOptions {
  /** Pins to recommend, 1 to 10,000. Default 10. */
  top?: number;
  /** Pins to leave out, beside those that are asked about. */
  exclude?: PinReference[];
  /** Columns of the pins to return with each, as `title`. Default: none. */
  columns?: string[];
  /** Conditions that recommended pins fulfil. Default: none. */
  filter?: Filter;
  /**
   * How much unlikeness among the recommended pins counts, 0 to 1: the first 200 are chosen by maximal marginal relevance (Carbonell
   * and Goldstein, 1998) with λ = 1 − diversity, from five times as many candidates. Default 0: by likeness to the query alone.
   */
  diversity?: number;
  /**
   * Share of the graph's walks (Pixie, `graph.recommend`) in the order, 0 to 1; the rest is the embeddings'. The two lists are mixed
   * by reciprocal rank fusion (Cormack, Clarke and Büttcher, 2009). Default 0: embeddings alone.
   */
  walk?: number;
  /** Stops the native work too; the promise then rejects with code `ABORTED`. */
  signal?: AbortSignal;
}

/** What a home feed is for: the pins of a board of the dataset, or any pins, each with its weight (default 1). */
export type HomeFeedQuery = { board: ExternalId } | { pins: PinReference[]; weights?: number[] };

export interface Recommendation {
  row: number;
  id: ExternalId;
  /**
   * Inner product of the pin's embedding and the query's; the cosine, where the model's similarity is that. Without `diversity` and
   * `walk` the order is by it.
   */
  score: number;
  [column: string]: unknown;
}

export interface OpenOptions extends OverOptions, TaskOptions {
  /**
   * `'exact'` looks at every pin. `'hnsw'` searches the run's index, which is made when there is none of its embeddings (in minutes for a
   * million pins; `pinsage embed --index` makes it beforehand). Default `'auto'`: exact up to 5,000 pins.
   */
  search?: Search;
  /** How the index keeps a number. Default `'f16'`. Results are ordered by the exact vectors in any case. */
  store?: IndexStore;
  /** Whether pins can be added and removed. The run is then locked. Default false. */
  live?: boolean;
  /** With `live`: bytes of the log of changes beyond which it is compacted in the background. Default 64 MiB. */
  compactAt?: number;
}

export interface OverOptions {
  /** Told of files beside the run and the dataset that were made, or cannot be written. Default: nobody is. */
  onWarning?: (message: string) => void;
}

/** Rows in their order, best first, and what that order is by. */
interface Ranking {
  rows: Uint32Array;
  scores: Float32Array;
}

/** What a recommender is made of. */
export interface RecommenderParts {
  dataset: Dataset;
  embeddings: Embeddings;
  catalogue: Catalogue;
  index: PinIndex;
  embedder?: NewPinEmbedder;
}

/** Recommendations from the embeddings of all pins. */
export class Recommender {
  readonly #parts: RecommenderParts;
  readonly #live?: LiveStore;
  /** Gives back what was opened for it. */
  readonly #free: () => Promise<void>;
  readonly #running = new Set<Promise<unknown>>();
  #closed?: Promise<void>;

  private constructor(parts: RecommenderParts, free: () => Promise<void>, live?: LiveStore) {
    this.#parts = parts;
    this.#free = free;
    this.#live = live;
  }

  /**
   * Opens a run: its embeddings, its dataset and, when new pins come, its model. close() closes all of them. What was added to the run
   * and removed from it is there too.
   *
   * @throws PinSageError LOCKED when another process has opened it with `live`; INVALID_ARGUMENT when it was changed, and has been
   *   embedded anew since
   */
  static async open(path: string, options: OpenOptions = {}): Promise<Recommender> {
    // A symbolic link may lead elsewhere before all files are opened.
    const run = await RunDirectory.open(await realPath(path));
    const serveOne: Serve = (dataset, embeddings) => serve(dataset, embeddings, options);
    const live = checkBoolean('live', options.live ?? false)
      ? await LiveStore.open(run, serveOne, options)
      : await LiveStore.read(run, serveOne);
    if (live !== undefined) return new Recommender(live.now, () => live.close(), live);
    const embeddings = await Embeddings.open(run.path);
    let dataset: Dataset;
    try {
      dataset = await Dataset.open(run.datasetPath);
    } catch (error) {
      embeddings.close();
      throw error;
    }
    const closeFiles = async () => {
      embeddings.close();
      await dataset.close();
    };
    try {
      const { catalogue, index } = await serve(dataset, embeddings, options);
      const embedder = new NewPinEmbedder(run.modelPath, dataset, catalogue);
      return new Recommender({ dataset, embeddings, catalogue, index, embedder }, async () => {
        await embedder.close();
        await index.close();
        catalogue.close();
        await closeFiles();
      });
    } catch (error) {
      await closeFiles();
      throw error;
    }
  }

  /**
   * A recommender over what the caller has open, and closes, which searches exactly. It has no model to embed new pins with.
   *
   * @throws PinSageError INVALID_ARGUMENT when the two are not of the same pins
   */
  static async over(dataset: Dataset, embeddings: Embeddings, options: OverOptions = {}): Promise<Recommender> {
    checkPins(dataset, embeddings);
    const catalogue = await DatasetCatalogue.open(dataset, options.onWarning);
    const index = new ExactIndex(new RowVectors(embeddings.vectors, embeddings.width));
    return new Recommender({ dataset, embeddings, catalogue, index }, async () => catalogue.close());
  }

  get dataset(): Dataset {
    return this.#now.dataset;
  }

  get embeddings(): Embeddings {
    return this.#now.embeddings;
  }

  get catalogue(): Catalogue {
    return this.#now.catalogue;
  }

  get index(): PinIndex {
    return this.#now.index;
  }

  /** How much has been changed; undefined for a recommender that was opened without `live`. */
  get live(): LiveState | undefined {
    return this.#live?.state;
  }

  /** The pins that are nearest to a pin. @throws PinSageError NOT_FOUND for an unknown id */
  related(pin: PinReference, options: RecommendOptions = {}): Promise<Recommendation[]> {
    return this.use(async (now) => {
      const [row] = now.#rows([pin]);
      return now.#recommend(now.index.of(row), { rows: [row] }, options);
    });
  }

  /**
   * The pins that are nearest to the normalised mean of a board's pins, or of the given ones. These are left out.
   *
   * @throws PinSageError NOT_FOUND for an unknown id, or a board without pins
   */
  homeFeed(query: HomeFeedQuery, options: RecommendOptions = {}): Promise<Recommendation[]> {
    return this.use(async (now) => {
      if ('board' in query) {
        const members = now.#members(query.board);
        return now.#recommend(now.#mean(members), { rows: members }, options);
      }
      if (!Array.isArray(query.pins) || query.pins.length === 0)
        throw invalidArgument('pins', query.pins, 'at least one pin');
      const rows = now.#rows(query.pins);
      return now.#recommend(now.#mean(rows, query.weights), { rows, weights: query.weights }, options);
    });
  }

  /** The pins that are nearest to an embedding, as `embed` gives it. */
  relatedTo(vector: Float32Array, options: RecommendOptions = {}): Promise<Recommendation[]> {
    return this.use(async (now) => {
      if (options.walk) throw invalidArgument('walk', options.walk, '0: a vector has no place in the graph');
      return now.#recommend(vector, { rows: [] }, options);
    });
  }

  /**
   * Embeddings of pins that are not in the catalogue, by the run's model.
   *
   * @returns [pins, width]
   * @throws PinSageError NOT_FOUND for an unknown board; INVALID_ARGUMENT for a value that is not of its feature's kind; ABORTED;
   *   FILE_NOT_FOUND when there is no model
   */
  embed(pins: UnknownPin[], options: { signal?: AbortSignal } = {}): Promise<Float32Array> {
    return this.use(async (now) => {
      const { embedder } = now.#parts;
      if (embedder === undefined)
        throw new PinSageError('FILE_NOT_FOUND', 'This recommender was made without a model: open it from a run.');
      return embedder.embed(pins, options);
    });
  }

  /**
   * Pins whose title holds a text, best first.
   *
   * @param options.limit Default 10. @param options.columns Default: none.
   */
  search(text: string, options: { limit?: number; columns?: string[] } = {}): Promise<Record<string, unknown>[]> {
    const { limit, columns = [] } = options;
    return this.use(async (now) => now.catalogue.describe(await now.catalogue.search(text, { limit }), columns));
  }

  /**
   * Adds pins, which are embedded by the run's model with the boards that they are on. What this and the other changes resolve to is on
   * the disk, and seen by every query that begins later; a call is done as a whole or not at all. For a recommender that was opened
   * with `live`.
   *
   * @returns the pins' rows, until the next compaction
   * @throws PinSageError INVALID_ARGUMENT for an id that a pin has, a value that is not of its feature's or column's kind, a feature or
   *   a column that is not there; NOT_FINITE; IO, with "the disk is full" where it is; FILE_NOT_FOUND when there is no model
   */
  addPins(pins: PinToAdd[]): Promise<{ added: number; rows: Uint32Array }> {
    return this.#change((live) => live.addPins(pins));
  }

  /**
   * Puts pins on boards, and embeds them anew. A board that is not there is made; an edge that is there stays, and is not counted.
   *
   * @throws PinSageError NOT_FOUND for an unknown pin; INVALID_ARGUMENT, IO, FILE_NOT_FOUND
   */
  addEdges(edges: EdgeToAdd[]): Promise<{ added: number }> {
    return this.#change((live) => live.addEdges(edges));
  }

  /** Removes pins, and their edges with them. @throws PinSageError NOT_FOUND for an unknown id; INVALID_ARGUMENT, IO */
  removePins(ids: ExternalId[]): Promise<{ removed: number }> {
    return this.#change((live) => live.removePins(ids));
  }

  /**
   * Writes another version of the dataset with all that was added and removed, which walks see from then on, and goes on with it and
   * an empty log. Queries and changes go on meanwhile. Rows are others afterwards; ids are not.
   *
   * @returns the number of the new generation
   */
  compact(): Promise<{ generation: number }> {
    return this.#change((live) => live.compact());
  }

  /**
   * Hands its service over to a recommender of another run, both opened with `live`: what was added here and removed is made there too,
   * with embeddings of the other run's model, and changes that this one is still asked for are made there alone. `RecommenderSlot` does it.
   *
   * @param switchOver Called when the other one has everything, before another change is made.
   * @throws PinSageError INVALID_ARGUMENT when changes were compacted into a dataset that the other run is not of, or a change cannot be
   *   made there; then nothing is handed over. IO, FILE_NOT_FOUND
   */
  handOver(successor: Recommender, switchOver: () => void): Promise<void> {
    return this.#change((from) => successor.#change((to) => from.handOver(to, switchOver)));
  }

  /** How the run's model samples neighbourhoods; undefined when it does not say, or there is no model. */
  async neighborhoods(): Promise<NeighborhoodSettings | undefined> {
    return this.#now.embedder?.neighborhoods();
  }

  /** Resolves when calls that were running are done. */
  close(): Promise<void> {
    this.#closed ??= Promise.allSettled(this.#running).then(() => this.#free());
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  get #now(): RecommenderParts {
    return this.#live?.now ?? this.#parts;
  }

  /** Does some work with a recommender whose parts stay as they are and open, whatever is compacted meanwhile. */
  use<T>(work: (now: Recommender) => Promise<T>): Promise<T> {
    const live = this.#live;
    if (live === undefined) return this.#run(() => work(this));
    return this.#run(() => live.use((generation) => work(new Recommender(generation, async () => {}))));
  }

  #change<T>(work: (live: LiveStore) => Promise<T>): Promise<T> {
    return this.#run(async () => {
      if (this.#live === undefined) throw invalidArgument('live', false, 'true, to change what is there');
      return work(this.#live);
    });
  }

  async #run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closed !== undefined) throw new PinSageError('CLOSED', 'The recommender is closed.');
    const running = work();
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }

  /** @param own The pins that are asked about, which are left out. */
  async #recommend(vector: Float32Array, own: WalkQuery, options: RecommendOptions): Promise<Recommendation[]> {
    const { exclude = [], columns = [], filter, signal } = options;
    const top = checkInteger('top', options.top ?? 10, 1, 10_000);
    const diversity = checkNumber('diversity', options.diversity ?? 0, 0, 1);
    const walk = checkNumber('walk', options.walk ?? 0, 0, 1);
    const { width } = this.index;
    if (!(vector instanceof Float32Array) || vector.length !== width)
      throw invalidArgument('vector', vector, `${width} numbers`);
    const search = {
      top: diversity > 0 || walk > 0 ? candidatesFor(top) : top,
      allowed: filter && (await this.catalogue.matching(filter)),
      exclude: [...Array.from(own.rows), ...this.#rows(exclude)],
      signal,
    };
    const nearest = await this.index.nearest(vector, search);
    const mixed: Ranking = walk > 0 ? await this.#mix(nearest, own, walk, search) : nearest;
    const rows = diversity > 0 ? this.#diverse(mixed, top, diversity) : mixed.rows;
    const scores = new Map(Array.from(nearest.rows, (row, i) => [row, nearest.scores[i]]));
    const records = await this.catalogue.describe(rows.slice(0, top), columns);
    return records.map((record, i) => {
      return { ...record, score: scores.get(rows[i]) ?? dot(vector, this.index.of(rows[i])) } as Recommendation;
    });
  }

  /** The embeddings' candidates and those of the graph's walks in one order. */
  async #mix(nearest: Nearest, own: WalkQuery, walk: number, { top, allowed, exclude, signal }: NearestOptions) {
    const left = new Set(Array.from(exclude ?? []));
    const walked = (await this.catalogue.walk(own, { top, signal })).rows.filter((row) => {
      return this.catalogue.isAlive(row) && !left.has(row) && (allowed === undefined || has(allowed, row));
    });
    return fuseRanks([
      { rows: nearest.rows, share: 1 - walk },
      { rows: walked, share: walk },
    ]);
  }

  #diverse({ rows, scores }: Ranking, top: number, diversity: number): Uint32Array {
    const vectors = Array.from(rows, (row) => this.index.of(row));
    return Uint32Array.from(diversify(scores, vectors, top, diversity), (i) => rows[i]);
  }

  #members(board: ExternalId): Uint32Array {
    const row = this.catalogue.boardRow(board);
    if (row < 0) throw notFound('board', board);
    const members = this.catalogue.membersOf(row);
    if (members.length === 0)
      throw new PinSageError('NOT_FOUND', `Board ${show(board)} has no pins to recommend from.`);
    return members;
  }

  #mean(rows: ArrayLike<number>, weights?: number[]): Float32Array {
    if (weights !== undefined && weights.length !== rows.length) {
      throw invalidArgument('weights', weights, `one for each of the ${rows.length} pins`);
    }
    const sum = new Float64Array(this.index.width);
    for (let i = 0; i < rows.length; ++i) {
      const weight = checkNumber(`weights[${i}]`, weights?.[i] ?? 1, -1e6, 1e6);
      const vector = this.index.of(rows[i]);
      for (let k = 0; k < sum.length; ++k) sum[k] += weight * vector[k];
    }
    const length = Math.hypot(...sum) || 1;
    return Float32Array.from(sum, (value) => value / length);
  }

  #rows(pins: PinReference[]): Int32Array {
    const found = this.catalogue.pinRows(pins.filter((pin): pin is ExternalId => !isRow(pin)));
    let next = 0;
    return Int32Array.from(pins, (pin) => {
      if (isRow(pin)) return this.#checkRow(pin.row);
      const row = found[next++];
      if (row < 0) throw notFound('pin', pin);
      return row;
    });
  }

  #checkRow(row: number): number {
    const { rows } = this.catalogue;
    if (!Number.isInteger(row) || row < 0 || row >= rows) {
      throw new PinSageError('NOT_FOUND', `There is no pin in row ${row}: rows go from 0 to ${rows - 1}.`, {
        value: row,
      });
    }
    if (!this.catalogue.isAlive(row))
      throw new PinSageError('NOT_FOUND', `The pin in row ${row} was removed.`, { value: row });
    return row;
  }
}

/** The catalogue of a dataset, and the index of its embeddings. */
async function serve(
  dataset: Dataset,
  embeddings: Embeddings,
  options: OpenOptions,
): Promise<{ catalogue: DatasetCatalogue; index: PinIndex }> {
  checkPins(dataset, embeddings);
  const catalogue = await DatasetCatalogue.open(dataset, options.onWarning);
  try {
    return { catalogue, index: await openPinIndex(embeddings, options) };
  } catch (error) {
    catalogue.close();
    throw error;
  }
}

/** Throws unless the two are of the same pins. */
function checkPins(dataset: Dataset, embeddings: Embeddings): void {
  if (embeddings.pins !== dataset.pins) {
    throw invalidArgument(
      'embeddings',
      embeddings,
      `embeddings of the dataset's ${dataset.pins} pins, not of ${embeddings.pins}`,
    );
  }
  if (embeddings.pinsChecksum !== undefined && embeddings.pinsChecksum !== pinsChecksum(dataset)) {
    const now = `embeddings of ${dataset.directory} as it is now: its pins have changed since, so embed them again`;
    throw invalidArgument('embeddings', embeddings, now);
  }
}

function isRow(pin: PinReference): pin is { row: number } {
  return typeof pin === 'object' && pin !== null;
}

function notFound(what: string, id: ExternalId): PinSageError {
  return new PinSageError('NOT_FOUND', `The dataset has no ${what} with id ${show(id)}.`, { value: id });
}

function show(id: ExternalId): string {
  return typeof id === 'string' ? `'${id}'` : String(id);
}
