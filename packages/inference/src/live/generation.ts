import type { Dataset } from '@pinsage/graph';
import type { PinSage } from '@pinsage/model';
import { invalidArgument, PinSageError } from '@pinsage/native';
import { embedMovedPins, embedNewPins } from '../embed-new-pins.js';
import type { Embeddings } from '../embeddings.js';
import type { DatasetCatalogue } from '../serving/dataset-catalogue.js';
import { NewPinEmbedder } from '../serving/new-pin-embedder.js';
import type { PinIndex } from '../serving/pin-index.js';
import { LiveCatalogue } from './live-catalogue.js';
import type { LivePin, LiveRecord } from './records.js';

/** What a dataset's pins are served with. */
export interface Served {
  catalogue: DatasetCatalogue;
  index: PinIndex;
}

/** What a generation lies in. */
export interface Written {
  dataset: Dataset;
  embeddings: Embeddings;
}

export type Serve = (dataset: Dataset, embeddings: Embeddings) => Promise<Served>;

/** A dataset with its embeddings, and what was added and removed since. */
export class Generation {
  readonly number: number;
  readonly dataset: Dataset;
  readonly embeddings: Embeddings;
  readonly catalogue: LiveCatalogue;
  readonly index: PinIndex;
  readonly embedder: NewPinEmbedder;
  /** By row: of pins that were added, or are on other boards now. */
  readonly vectors = new Map<number, Float32Array>();
  #users = 0;
  #retired?: () => void;

  private constructor(
    number: number,
    dataset: Dataset,
    embeddings: Embeddings,
    catalogue: LiveCatalogue,
    index: PinIndex,
    model: string,
  ) {
    this.number = number;
    this.dataset = dataset;
    this.embeddings = embeddings;
    this.catalogue = catalogue;
    this.index = index;
    this.embedder = new NewPinEmbedder(model, dataset, catalogue);
  }

  /** It closes the dataset and the embeddings, also when it fails. @param model The model's file. */
  static async over(
    number: number,
    { dataset, embeddings }: Written,
    serve: Serve,
    model: string,
  ): Promise<Generation> {
    try {
      const { catalogue, index } = await serve(dataset, embeddings);
      return new Generation(number, dataset, embeddings, await LiveCatalogue.over(catalogue), index, model);
    } catch (error) {
      embeddings.close();
      await dataset.close();
      throw error;
    }
  }

  /** Makes changes, which were checked, one after the other; vectors go into the index together. Returns the rows that each is of. */
  async apply(records: LiveRecord[]): Promise<Uint32Array[]> {
    const { width } = this.index;
    const rowsOf: Uint32Array[] = [];
    const moved = new Map<number, Float32Array>();
    for (const record of records) {
      if (record.kind === 'removal') {
        await this.#move(moved);
        rowsOf.push(await this.#remove(record.pins));
        continue;
      }
      const rows = record.kind === 'pins' ? this.#add(record.pins) : this.#connect(record.edges, record.pins);
      rows.forEach((row, i) => {
        moved.set(row, record.vectors.subarray(i * width, (i + 1) * width));
      });
      rowsOf.push(rows);
    }
    await this.#move(moved);
    return rowsOf;
  }

  #add(pins: (LivePin & { boards: string[] })[]): Uint32Array {
    const { catalogue } = this;
    return Uint32Array.from(pins, ({ boards, ...pin }) => {
      const row = catalogue.addPin(pin);
      for (const board of boards) catalogue.addEdge(row, catalogue.makeBoard(board));
      return row;
    });
  }

  #connect(edges: [string, string][], pins: string[]): Uint32Array {
    const { catalogue } = this;
    for (const [pin, board] of edges) catalogue.addEdge(catalogue.pinRows([pin])[0], catalogue.makeBoard(board));
    return Uint32Array.from(catalogue.pinRows(pins));
  }

  async #remove(pins: string[]): Promise<Uint32Array> {
    const rows = Uint32Array.from(this.catalogue.pinRows(pins));
    for (const row of rows) {
      this.catalogue.removePin(row);
      this.vectors.delete(row);
    }
    await this.index.remove(rows);
    return rows;
  }

  /** Sets vectors by row, and forgets that they were to be set. */
  async #move(moved: Map<number, Float32Array>): Promise<void> {
    if (moved.size === 0) return;
    const { width } = this.index;
    const vectors = new Float32Array(moved.size * width);
    let next = 0;
    for (const [row, vector] of moved) {
      this.vectors.set(row, vector);
      vectors.set(vector, width * next++);
    }
    const rows = Uint32Array.from(moved.keys());
    moved.clear();
    await this.index.upsert(rows, vectors);
  }

  /** Embeds pins that are not there yet. Boards that the dataset does not have lead nowhere. @returns [pins, width] */
  async embedNew(pins: { features: Record<string, unknown>; boards: string[] }[]): Promise<Float32Array> {
    const located = pins.map(({ features, boards }) => ({
      features,
      boards: this.#inGraph(boards.map((id) => this.catalogue.boardRow(id))),
    }));
    return checkFinite(await embedNewPins(await this.#model(), this.dataset, await this.dataset.graph(), located));
  }

  /** Embeds pins that are there, on these boards and those that they are on. @returns [pins, width] */
  async embedMoved(pins: { row: number; boards: string[] }[]): Promise<Float32Array> {
    const { width } = this.index;
    const located = pins.map(({ row, boards }) => {
      const added = boards.map((id) => this.catalogue.boardRow(id));
      return { row, boards: this.#inGraph([...this.catalogue.boardsOf(row), ...added]) };
    });
    const ofDataset = located.filter(({ row }) => row < this.dataset.pins);
    const added = located.filter(({ row }) => row >= this.dataset.pins);
    const raw = added.map(({ row, boards }) => ({ features: this.catalogue.addedPin(row)!.features, boards }));
    const graph = await this.dataset.graph();
    const model = await this.#model();
    const vectors = new Map<number, Float32Array>();
    const keep = (pins: { row: number }[], embedded: Float32Array) => {
      pins.forEach(({ row }, i) => {
        vectors.set(row, embedded.subarray(i * width, (i + 1) * width));
      });
    };
    keep(ofDataset, await embedMovedPins(model, this.dataset, graph, ofDataset));
    keep(added, await embedNewPins(model, this.dataset, graph, raw));
    const result = new Float32Array(pins.length * width);
    pins.forEach(({ row }, i) => {
      result.set(vectors.get(row)!, i * width);
    });
    return checkFinite(result);
  }

  /** @throws PinSageError INVALID_ARGUMENT when the model knows pins by their rows, which are others in the next generation */
  async checkModel(): Promise<void> {
    await this.#model().catch((error) => {
      // Without a model pins can be removed.
      if (error.code !== 'FILE_NOT_FOUND') throw error;
    });
  }

  /** Keeps it open while some work is being done with it. */
  async use<T>(work: (generation: Generation) => Promise<T>): Promise<T> {
    ++this.#users;
    try {
      return await work(this);
    } finally {
      --this.#users;
      if (this.#users === 0) this.#retired?.();
    }
  }

  /** Closes it once nothing uses it. */
  async retire(): Promise<void> {
    if (this.#users > 0) {
      await new Promise<void>((resolve) => {
        this.#retired = resolve;
      });
    }
    await this.embedder.close();
    await this.index.close();
    this.catalogue.base.close();
    this.embeddings.close();
    await this.dataset.close();
  }

  async #model(): Promise<PinSage> {
    const model = await this.embedder.model();
    if (model.config.pinVector)
      throw invalidArgument('pinVector', true, 'false: a model with a vector of each pin takes no changes');
    return model;
  }

  #inGraph(boards: number[]): number[] {
    return boards.filter((row) => row >= 0 && row < this.dataset.boards);
  }
}

function checkFinite(vectors: Float32Array): Float32Array {
  if (vectors.every(Number.isFinite)) return vectors;
  throw new PinSageError('NOT_FINITE', 'The model embeds these pins as numbers that are not finite.');
}
