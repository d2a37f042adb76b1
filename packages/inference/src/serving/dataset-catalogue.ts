import type { Dataset, ExternalId } from '@pinsage/graph';
import type { Graph } from '@pinsage/native';
import type { Catalogue } from './catalogue.js';

/** The pins and boards of a dataset as it lies on the disk. */
export class DatasetCatalogue implements Catalogue {
  readonly dataset: Dataset;
  readonly graph: Graph;
  readonly #pinIds: ExternalId[];
  readonly #boardIds: ExternalId[];
  readonly #pinsById: Map<string, number>;
  readonly #boardsById: Map<string, number>;

  private constructor(dataset: Dataset, graph: Graph, pinIds: ExternalId[], boardIds: ExternalId[]) {
    this.dataset = dataset;
    this.graph = graph;
    this.#pinIds = pinIds;
    this.#boardIds = boardIds;
    this.#pinsById = new Map(pinIds.map((id, row) => [String(id), row]));
    this.#boardsById = new Map(boardIds.map((id, row) => [String(id), row]));
  }

  /** @param dataset It stays the caller's to close. */
  static async open(dataset: Dataset): Promise<DatasetCatalogue> {
    const ids = (described: Record<string, unknown>[]) => described.map(({ id }) => id as ExternalId);
    const rows = (count: number) => Array.from({ length: count }, (_, row) => row);
    const pinIds = ids(await dataset.describePins(rows(dataset.pins), []));
    const boardIds = ids(await dataset.describeBoards(rows(dataset.boards), []));
    return new DatasetCatalogue(dataset, await dataset.graph(), pinIds, boardIds);
  }

  get rows(): number {
    return this.dataset.pins;
  }

  get boardRows(): number {
    return this.dataset.boards;
  }

  pinRows(ids: ExternalId[]): Int32Array {
    return Int32Array.from(ids, (id) => this.#pinsById.get(String(id)) ?? -1);
  }

  boardRow(id: ExternalId): number {
    return this.#boardsById.get(String(id)) ?? -1;
  }

  pinId(row: number): ExternalId {
    return this.#pinIds[row];
  }

  boardId(row: number): ExternalId {
    return this.#boardIds[row];
  }

  isAlive(row: number): boolean {
    return row >= 0 && row < this.rows;
  }

  membersOf(boardRow: number): Uint32Array {
    return this.graph.pinsOf(boardRow);
  }

  boardsOf(pinRow: number): Uint32Array {
    return this.graph.boardsOf(pinRow);
  }

  async describe(rows: ArrayLike<number>, columns?: string[]): Promise<Record<string, unknown>[]> {
    if (columns?.length === 0) return Array.from(rows, (row) => ({ row, id: this.pinId(row) }));
    return this.dataset.describePins(rows, columns);
  }

  async describeBoards(rows: ArrayLike<number>, columns?: string[]): Promise<Record<string, unknown>[]> {
    if (columns?.length === 0) return Array.from(rows, (row) => ({ row, id: this.boardId(row) }));
    return this.dataset.describeBoards(rows, columns);
  }

  search(text: string, options?: { limit?: number }): Promise<Uint32Array> {
    return this.dataset.search(text, options);
  }
}
