import { Dataset, type ExternalId } from '@pinsage/graph';
import { RunDirectory } from '@pinsage/model';
import { checkNumber, invalidArgument, PinSageError, searchVectors, type TaskOptions } from '@pinsage/native';
import { Embeddings, pinsChecksum } from './embeddings.js';

/** A pin by its id in the dataset, or by its row. */
export type PinReference = ExternalId | { row: number };

export interface RecommendOptions extends TaskOptions {
  /** Pins to recommend. Default 10. */
  top?: number;
  /** Pins to leave out, beside those that are asked about. */
  exclude?: PinReference[];
  /** Columns of the pins to return with each, as `title`. Default: none. */
  columns?: string[];
}

/** What a home feed is for: the pins of a board of the dataset, or any pins, each with its weight (default 1). */
export type HomeFeedQuery = { board: ExternalId } | { pins: PinReference[]; weights?: number[] };

export interface Recommendation {
  row: number;
  id: ExternalId;
  /** Inner product of the embeddings; the cosine, where the model's similarity is that. */
  score: number;
  [column: string]: unknown;
}

/** Recommendations from the embeddings of all pins, by exact search. */
export class Recommender {
  readonly dataset: Dataset;
  readonly embeddings: Embeddings;

  /** @throws PinSageError INVALID_ARGUMENT when the two are not of the same pins */
  constructor(dataset: Dataset, embeddings: Embeddings) {
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
    this.dataset = dataset;
    this.embeddings = embeddings;
  }

  /** Opens a run's embeddings and its dataset; close() closes both. */
  static async open(run: string): Promise<Recommender> {
    const { path, datasetPath } = await RunDirectory.open(run);
    const embeddings = await Embeddings.open(path);
    let dataset: Dataset | undefined;
    try {
      dataset = await Dataset.open(datasetPath);
      return new Recommender(dataset, embeddings);
    } catch (error) {
      embeddings.close();
      await dataset?.close();
      throw error;
    }
  }

  /** The pins that are nearest to a pin. @throws PinSageError NOT_FOUND for an unknown id */
  async related(pin: PinReference, options: RecommendOptions = {}): Promise<Recommendation[]> {
    const [row] = await this.#rows([pin]);
    return this.#nearest(this.embeddings.of(row), [row], options);
  }

  /**
   * The pins that are nearest to the normalised mean of a board's pins, or of the given ones. These are left out.
   *
   * @throws PinSageError NOT_FOUND for an unknown id, or a board without pins
   */
  async homeFeed(query: HomeFeedQuery, options: RecommendOptions = {}): Promise<Recommendation[]> {
    if ('board' in query) {
      const members = await this.#members(query.board);
      return this.#nearest(this.#mean(members), members, options);
    }
    if (!Array.isArray(query.pins) || query.pins.length === 0)
      throw invalidArgument('pins', query.pins, 'at least one pin');
    const rows = await this.#rows(query.pins);
    return this.#nearest(this.#mean(rows, query.weights), rows, options);
  }

  /** The pins that are nearest to an embedding, as `embedNewPins` gives it. */
  async relatedTo(vector: Float32Array, options: RecommendOptions = {}): Promise<Recommendation[]> {
    return this.#nearest(vector, [], options);
  }

  async close(): Promise<void> {
    this.embeddings.close();
    await this.dataset.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #nearest(vector: Float32Array, own: ArrayLike<number>, options: RecommendOptions): Promise<Recommendation[]> {
    const { top = 10, exclude = [], columns = [], ...task } = options;
    const { vectors, width } = this.embeddings;
    if (vector.length !== width) throw invalidArgument('vector', vector, `${width} numbers`);
    const left = Uint32Array.from([...Array.from(own), ...(await this.#rows(exclude))]);
    const found = await searchVectors(vector, vectors, {
      ...task,
      width,
      top,
      exclude: { offsets: Uint32Array.of(0, left.length), ids: left },
    });
    const rows = found.ids.subarray(0, found.counts[0]);
    const records = await this.dataset.describePins(rows, columns);
    return records.map((record, i) => ({ ...record, score: found.scores[i] }) as Recommendation);
  }

  async #members(board: ExternalId): Promise<Uint32Array> {
    const [row] = await this.dataset.boardRows([board]);
    if (row < 0) throw notFound('board', board);
    const members = (await this.dataset.graph()).pinsOf(row);
    if (members.length === 0)
      throw new PinSageError('NOT_FOUND', `Board ${show(board)} has no pins to recommend from.`);
    return members;
  }

  #mean(rows: ArrayLike<number>, weights?: number[]): Float32Array {
    if (weights !== undefined && weights.length !== rows.length) {
      throw invalidArgument('weights', weights, `one for each of the ${rows.length} pins`);
    }
    const sum = new Float64Array(this.embeddings.width);
    for (let i = 0; i < rows.length; ++i) {
      const weight = checkNumber(`weights[${i}]`, weights?.[i] ?? 1, -1e6, 1e6);
      const vector = this.embeddings.of(rows[i]);
      for (let k = 0; k < sum.length; ++k) sum[k] += weight * vector[k];
    }
    const length = Math.hypot(...sum) || 1;
    return Float32Array.from(sum, (value) => value / length);
  }

  async #rows(pins: PinReference[]): Promise<Int32Array> {
    const ids = pins.filter((pin): pin is ExternalId => !isRow(pin));
    const found = await this.dataset.pinRows(ids);
    let next = 0;
    return Int32Array.from(pins, (pin) => {
      if (isRow(pin)) return this.#checkRow(pin.row);
      const row = found[next++];
      if (row < 0) throw notFound('pin', pin);
      return row;
    });
  }

  #checkRow(row: number): number {
    const { pins } = this.dataset;
    if (Number.isInteger(row) && row >= 0 && row < pins) return row;
    throw new PinSageError('NOT_FOUND', `There is no pin in row ${row}: rows go from 0 to ${pins - 1}.`, {
      value: row,
    });
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
