import type { Dataset, ExternalId } from '@pinsage/graph';
import { type NeighborhoodSettings, PinSage, readNeighborhoods } from '@pinsage/model';
import { PinSageError } from '@pinsage/native';
import { embedNewPins } from '../embed-new-pins.js';
import type { Catalogue } from './catalogue.js';

/** A pin that the catalogue does not have, as a service knows it. */
export interface UnknownPin {
  /** Raw values by the features' names, as they were imported; what is left out is missing. */
  features: Record<string, unknown>;
  /** Ids of the boards that it is on. Default: none. */
  boards?: ExternalId[];
}

/** Embeds new pins with a run's model, which is loaded when the first ones come. */
export class NewPinEmbedder {
  readonly #path: string;
  readonly #dataset: Dataset;
  readonly #catalogue: Catalogue;
  #model?: Promise<PinSage>;

  /** @param path of the model's file */
  constructor(path: string, dataset: Dataset, catalogue: Catalogue) {
    this.#path = path;
    this.#dataset = dataset;
    this.#catalogue = catalogue;
  }

  /**
   * @returns [pins, width]
   * @throws PinSageError NOT_FOUND for an unknown board; INVALID_ARGUMENT for a value that is not of its feature's kind; ABORTED
   */
  async embed(pins: UnknownPin[], options: { signal?: AbortSignal } = {}): Promise<Float32Array> {
    const graph = await this.#dataset.graph();
    const located = pins.map(({ features, boards = [] }) => {
      // Walks leave by the boards of the graph; one that was made since leads nowhere yet.
      return { features, boards: boards.map((id) => this.#boardRow(id)).filter((row) => row < graph.boards) };
    });
    return embedNewPins(await this.model(), this.#dataset, graph, located, options);
  }

  /** It stays the embedder's to dispose. @throws PinSageError FILE_NOT_FOUND, FILE_CORRUPT, FILE_VERSION */
  model(): Promise<PinSage> {
    this.#model ??= PinSage.load(this.#path).catch((error) => {
      this.#model = undefined;
      throw error;
    });
    return this.#model;
  }

  /** How the model samples neighbourhoods; undefined when it does not say, or there is none. */
  async neighborhoods(): Promise<NeighborhoodSettings | undefined> {
    try {
      return await readNeighborhoods(this.#path);
    } catch (error) {
      if (error instanceof PinSageError && error.code === 'FILE_NOT_FOUND') return undefined;
      throw error;
    }
  }

  async close(): Promise<void> {
    const model = await this.#model?.catch(() => undefined);
    this.#model = undefined;
    model?.dispose();
  }

  #boardRow(id: ExternalId): number {
    const row = this.#catalogue.boardRow(id);
    if (row < 0) throw new PinSageError('NOT_FOUND', `There is no board ${JSON.stringify(String(id))}.`, { value: id });
    return row;
  }
}
