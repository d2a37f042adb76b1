import { open, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Edges, Graph } from '@pinsage/native';
import { Database, identifier, literal, pathLiteral } from './database.js';
import type { Dataset, ExternalId } from './dataset.js';
import { DATASET, type DatasetContent } from './dataset-manifest.js';
import { extendFeatures } from './extend-features.js';
import { writeGraph } from './graph-file.js';
import { countRows, forEachPiece, type KeptRows, keptRows, placeOf } from './kept-rows.js';
import { writeManifest } from './manifest.js';
import { buildDirectory } from './unfinished.js';

/** A pin that a dataset gets. */
export interface AddedPin {
  id: ExternalId;
  /** Raw values, as `encodeFeatures` takes them. */
  features: Record<string, unknown>;
  /** Of pins.parquet; null for what is left out, or is not of the column's type. */
  columns: Record<string, unknown>;
}

/** What another version of a dataset differs in. */
export interface Revision {
  /** Rows of pins that go, and their edges with them. */
  removed: Iterable<number>;
  /** Pins that come, in the order of their rows: the first has the row `dataset.pins` in `edges`. */
  pins: AddedPin[];
  /** Ids of boards that come: the first has the row `dataset.boards` in `edges`. */
  boards: ExternalId[];
  /** Edges that come, none of a removed pin. With weights, each gets 1; with times, the dataset's latest. */
  edges: { pins: ArrayLike<number>; boards: ArrayLike<number> };
}

/**
 * Writes a dataset that is another one with pins removed, and pins, boards and edges added. Rows of pins close up; boards keep theirs,
 * also those that have no pins any more. Features are encoded with the words' weights and statistics that the dataset has. Where boards
 * have types, new ones are of the most frequent type. The directory is there whole or not at all, durably.
 *
 * @throws PinSageError FILE_EXISTS, ABORTED, IO; INVALID_ARGUMENT and NOT_FINITE as `encodeFeatures`
 */
export async function reviseDataset(
  dataset: Dataset,
  revision: Revision,
  out: string,
  { signal }: { signal?: AbortSignal } = {},
): Promise<void> {
  const options = { replace: false, mayReplace: async () => false };
  await buildDirectory(out, options, (directory) => new Reviser(dataset, revision, directory, signal).run());
}

class Reviser {
  readonly #dataset: Dataset;
  readonly #revision: Revision;
  readonly #directory: string;
  readonly #signal?: AbortSignal;
  readonly #pins: KeptRows[];
  readonly #boards: KeptRows[];

  constructor(dataset: Dataset, revision: Revision, directory: string, signal?: AbortSignal) {
    this.#dataset = dataset;
    this.#revision = revision;
    this.#directory = directory;
    this.#signal = signal;
    this.#pins = keptRows(dataset.pins, revision.removed);
    this.#boards = keptRows(dataset.boards, []);
  }

  async run(): Promise<void> {
    const { features, boardFeatures, manifest } = this.#dataset;
    const { pins, boards } = this.#revision;
    const files = ['graph.safetensors', 'features.safetensors', 'pins.parquet', 'boards.parquet'];
    const { types, ...graph } = await this.#writeGraph();
    const ofPins = await extendFeatures(
      this.#path('features.safetensors'),
      features,
      (column) => this.#dataset.source(column),
      { kept: this.#pins, added: pins.map((pin) => pin.features), signal: this.#signal },
    );
    let ofBoards: DatasetContent['boardFeatures'] = [];
    if (boardFeatures.length > 0) {
      files.push('board-features.safetensors');
      ofBoards = await extendFeatures(
        this.#path('board-features.safetensors'),
        boardFeatures,
        (column) => this.#dataset.boardSource(column),
        { kept: this.#boards, added: boards.map(() => ({})), signal: this.#signal },
      );
    }
    await this.#writeTables();
    const { ids, edges, columns, source } = manifest;
    const content = { ids, edges, columns, source, features: ofPins, boardFeatures: ofBoards, ...graph };
    await writeManifest<DatasetContent>(this.#directory, DATASET, { ...content, boardTypes: types }, files);
  }

  async #writeGraph(): Promise<{ counts: DatasetContent['counts']; types: DatasetContent['boardTypes'] }> {
    const { boards: kept, manifest } = this.#dataset;
    const boards = kept + this.#revision.boards.length;
    const pins = this.#pinRow(this.#dataset.pins + this.#revision.pins.length);
    const ofBoards = (await this.#dataset.graph()).arrays.boardTypes;
    const types = manifest.boardTypes?.map((type) => ({ ...type }));
    let boardTypes: Uint8Array | undefined;
    if (types !== undefined && ofBoards !== undefined) {
      const frequent = types.reduce((best, { boards }, i) => (boards > types[best].boards ? i : best), 0);
      types[frequent].boards += this.#revision.boards.length;
      boardTypes = new Uint8Array(boards).fill(frequent);
      boardTypes.set(ofBoards);
    }
    const graph = await Graph.fromEdges(await this.#edges(), { pins, boards, boardTypes, signal: this.#signal });
    try {
      await writeGraph(this.#path('graph.safetensors'), graph.arrays);
      const pinsWithoutEdges = graph.pinDegrees().reduce((count, degree) => count + (degree === 0 ? 1 : 0), 0);
      return { counts: { pins, boards, edges: graph.edges, pinsWithoutEdges }, types };
    } finally {
      await graph.close();
    }
  }

  /** All edges, by the new rows. */
  async #edges(): Promise<Edges> {
    const { arrays } = await this.#dataset.graph();
    const { pinOffsets, pinBoards, pinWeights, times } = arrays;
    const at = (row: number) => Number(pinOffsets[row]);
    const added = this.#revision.edges;
    const kept = this.#pins.reduce((sum, { begin, end }) => sum + at(end) - at(begin), 0);
    const count = kept + added.pins.length;
    const edges: Edges = { pins: new Uint32Array(count), boards: new Uint32Array(count) };
    if (pinWeights !== undefined) edges.weights = new Float32Array(count).fill(1, kept);
    if (times !== undefined) edges.times = new BigInt64Array(count).fill(latest(times), kept);
    let filled = 0;
    await forEachPiece(this.#pins, this.#signal, ({ begin, end, to }) => {
      const [first, last] = [at(begin), at(end)];
      edges.boards.set(pinBoards.subarray(first, last), filled);
      if (pinWeights !== undefined) edges.weights!.set(pinWeights.subarray(first, last), filled);
      if (times !== undefined) edges.times!.set(times.subarray(first, last), filled);
      for (let row = begin; row < end; ++row)
        edges.pins.fill(to + row - begin, filled + at(row) - first, filled + at(row + 1) - first);
      filled += last - first;
    });
    edges.pins.set(
      Array.from(added.pins, (row) => this.#pinRow(row)),
      kept,
    );
    edges.boards.set(added.boards, kept);
    return edges;
  }

  /** The new row of a pin that stays or comes. */
  #pinRow(row: number): number {
    const { pins } = this.#dataset;
    return row >= pins ? countRows(this.#pins) + row - pins : placeOf(this.#pins, row);
  }

  async #writeTables(): Promise<void> {
    const database = await Database.open({ spill: this.#directory, signal: this.#signal });
    try {
      await database.run('CREATE TABLE removed (row BIGINT)');
      await database.appendIntegers('removed', BigInt64Array.from(this.#revision.removed, BigInt));
      await this.#writeTable(database, 'pin', this.#dataset.pins, this.#revision.pins);
      await database.run('TRUNCATE removed');
      const boards = this.#revision.boards.map((id) => ({ id, columns: {} }));
      await this.#writeTable(database, 'board', this.#dataset.boards, boards);
    } finally {
      await database.close();
    }
  }

  async #writeTable(
    database: Database,
    side: 'pin' | 'board',
    rows: number,
    added: Pick<AddedPin, 'id' | 'columns'>[],
  ): Promise<void> {
    const types = await this.#dataset.columns(side);
    const names = [...types.keys()].filter((name) => name !== 'row' && name !== 'id');
    const old = pathLiteral(resolve(this.#dataset.directory, `${side}s.parquet`));
    const shown = ['id', ...names].map(identifier).join(', ');
    const parts = [`SELECT row AS place, ${shown} FROM read_parquet(${old}) ANTI JOIN removed USING (row)`];
    const lines = this.#path(`${side}s.jsonl`);
    if (added.length > 0) {
      await writeFile(lines, added.map(({ id, columns }, i) => jsonLine(rows + i, id, names, columns)).join(''));
      parts.push(
        selectAdded(
          lines,
          types.get('id')!,
          names.map((name) => [name, types.get(name)!]),
        ),
      );
    }
    const path = this.#path(`${side}s.parquet`);
    await database.run(
      `COPY (SELECT CAST(row_number() OVER (ORDER BY place) - 1 AS UINTEGER) AS row, ${shown}
             FROM (${parts.join(' UNION ALL ')}) ORDER BY row)
       TO ${literal(path)} (FORMAT parquet, COMPRESSION zstd)`,
    );
    await rm(lines, { force: true });
    const file = await open(path, 'r');
    await file.sync().finally(() => file.close());
  }

  #path(file: string): string {
    return join(this.#directory, file);
  }
}

/** Values under the numbers of their columns: names of columns may differ from keys in their case. */
function jsonLine(row: number, id: ExternalId, names: string[], columns: Record<string, unknown>): string {
  const values = names.map((name, i) => [`c${i}`, columns[name] ?? null]);
  return `${JSON.stringify({ place: row, id: String(id), ...Object.fromEntries(values) })}\n`;
}

function selectAdded(path: string, id: string, columns: [string, string][]): string {
  // Lists are read as such; what else there is becomes a text, which its column's type is made of.
  const read = columns.map(([, type], i) => `c${i}: ${literal(type.endsWith('[]') ? type : 'VARCHAR')}`);
  const cast = columns.map(([name, type], i) => `TRY_CAST(c${i} AS ${type}) AS ${identifier(name)}`);
  return `SELECT ${['place', `CAST(id AS ${id}) AS id`, ...cast].join(', ')} FROM read_json(${pathLiteral(path)},
    format='newline_delimited', maximum_object_size=${2 ** 28}, columns={${["place: 'BIGINT'", "id: 'VARCHAR'", ...read].join(', ')}})`;
}

function latest(times: BigInt64Array): bigint {
  return times.reduce((latest, time) => (time > latest ? time : latest), times[0] ?? 0n);
}
