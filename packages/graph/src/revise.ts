import { mkdir, open, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { type CsrArrays, type Edges, PinSageError } from '@pinsage/native';
import { Database, identifier, literal, pathLiteral } from './database.js';
import type { Dataset, ExternalId } from './dataset.js';
import { DATASET, type DatasetContent } from './dataset-manifest.js';
import { extendFeatures } from './extend-features.js';
import { buildGraphFile } from './graph-file.js';
import { checkMemory } from './import-options.js';
import { countRows, type KeptRows, keptRows, placeOf } from './kept-rows.js';
import { writeManifest } from './manifest.js';
import type { EdgeStream } from './sort-edges.js';
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
    const { pinWeights, times } = (await this.#dataset.graph()).arrays;
    const spill = this.#path('spill');
    await mkdir(spill);
    const graph = await buildGraphFile(this.#path('graph.safetensors'), await this.#edges(), {
      pins,
      boards,
      boardTypes,
      weighted: pinWeights !== undefined,
      timed: times !== undefined,
      spill,
      memory: checkMemory() / 4,
      signal: this.#signal,
    });
    await rm(spill, { recursive: true });
    return { counts: { pins, boards, edges: graph.edges, pinsWithoutEdges: graph.pinsWithoutEdges }, types };
  }

  /** All edges, by the new rows. */
  async #edges(): Promise<EdgeStream> {
    const { pinOffsets, ...arrays } = (await this.#dataset.graph()).arrays;
    const at = (row: number) => Number(pinOffsets[row]);
    const kept = this.#pins.reduce((sum, { begin, end }) => sum + at(end) - at(begin), 0);
    return { count: kept + this.#revision.edges.pins.length, chunks: this.#chunks(at, arrays) };
  }

  async *#chunks(
    at: (row: number) => number,
    { pinBoards, pinWeights, times }: Pick<CsrArrays, 'pinBoards' | 'pinWeights' | 'times'>,
  ): AsyncGenerator<Edges> {
    for (const { begin, end, to } of this.#pins) {
      if (this.#signal?.aborted) {
        throw new PinSageError('ABORTED', 'The call was aborted.', { cause: this.#signal.reason });
      }
      const [first, last] = [at(begin), at(end)];
      const pins = new Uint32Array(last - first);
      for (let row = begin; row < end; ++row) pins.fill(to + row - begin, at(row) - first, at(row + 1) - first);
      const part = <T extends { subarray(from: number, to: number): T }>(array: T) => array.subarray(first, last);
      yield {
        pins,
        boards: part(pinBoards),
        weights: pinWeights && part(pinWeights),
        times: times && part(times),
      };
      await setImmediate();
    }
    const added = this.#revision.edges;
    const count = added.pins.length;
    yield {
      pins: Uint32Array.from(added.pins, (row) => this.#pinRow(row)),
      boards: Uint32Array.from(added.boards),
      weights: pinWeights && new Float32Array(count).fill(1),
      times: times && new BigInt64Array(count).fill(latest(times)),
    };
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
