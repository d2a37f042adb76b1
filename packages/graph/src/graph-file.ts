import { join } from 'node:path';
import {
  type CsrRows,
  type Edges,
  type TaskOptions,
  type TensorDtype,
  type TensorPieces,
  type TensorToWrite,
  writeSafetensors,
} from '@pinsage/native';
import { type EdgeStream, sortEdges } from './sort-edges.js';
import { SpillFile } from './spill-file.js';

export interface GraphFileOptions extends Pick<TaskOptions, 'signal' | 'threads'> {
  pins: number;
  boards: number;
  /** [boards] */
  boardTypes?: Uint8Array;
  /** What the edges have. */
  weighted: boolean;
  timed: boolean;
  duplicates?: 'merge' | 'sum';
  /** A directory for what does not fit into memory. */
  spill: string;
  /** Bytes that sorting may take, beside 8 for each pin and each board. */
  memory: number;
}

/** A graph that was written. */
export interface WrittenGraph {
  edges: number;
  weighted: boolean;
  pinsWithoutEdges: number;
}

/**
 * Writes the file that Graph.open maps of the graph that Graph.fromEdges makes of these edges, without ever having all of them in memory: first the rows
 * of the pins, then, from those, the rows of the boards.
 *
 * @throws IO · ABORTED · OUT_OF_MEMORY
 */
export async function buildGraphFile(
  path: string,
  edges: EdgeStream,
  options: GraphFileOptions,
): Promise<WrittenGraph> {
  const { pins, boards, boardTypes, spill, weighted, timed, duplicates } = options;
  const ofPins = await SpilledRows.create(join(spill, 'pins'), pins);
  const ofBoards = await SpilledRows.create(join(spill, 'boards'), boards);
  try {
    const pinSide = { ...options, rows: pins, columns: boards, weighted, timed, duplicates };
    for await (const rows of sortEdges(edges, pinSide)) await ofPins.add(rows);
    const boardSide = { ...options, rows: boards, columns: pins, weighted: ofPins.weighted, timed: false };
    const turned = { count: ofPins.edges, chunks: ofPins.turned() };
    for await (const rows of sortEdges(turned, { ...boardSide, duplicates: 'merge' })) await ofBoards.add(rows);
    await writeSafetensors(path, {
      'pin.offsets': tensor(ofPins.offsets),
      'pin.boards': ofPins.tensor('ids', 'U32'),
      'board.offsets': tensor(ofBoards.offsets),
      'board.pins': ofBoards.tensor('ids', 'U32'),
      ...(ofPins.weighted && {
        'pin.weights': ofPins.tensor('weights', 'F32'),
        'board.weights': ofBoards.tensor('weights', 'F32'),
      }),
      ...(timed && { time: ofPins.tensor('times', 'I64') }),
      ...(boardTypes && { 'board.types': tensor(boardTypes) }),
    });
    return { edges: ofPins.edges, weighted: ofPins.weighted, pinsWithoutEdges: ofPins.emptyRows };
  } finally {
    await ofPins.remove();
    await ofBoards.remove();
  }
}

function tensor(data: BigUint64Array | Uint32Array | Float32Array | BigInt64Array | Uint8Array): TensorToWrite {
  return { shape: [data.length], data };
}

type Part = 'ids' | 'weights' | 'times';

/** One direction of a graph, of which only the offsets are in memory. */
class SpilledRows {
  /** [rows + 1] */
  readonly offsets: BigUint64Array;
  edges = 0;
  emptyRows = 0;
  #rows = 0;
  readonly #path: string;
  readonly #files: Partial<Record<Part, SpillFile>>;

  private constructor(path: string, rows: number, ids: SpillFile) {
    this.#path = path;
    this.offsets = new BigUint64Array(rows + 1);
    this.#files = { ids };
  }

  static async create(path: string, rows: number): Promise<SpilledRows> {
    return new SpilledRows(path, rows, await SpillFile.create(`${path}.ids`));
  }

  get weighted(): boolean {
    return this.#files.weights !== undefined;
  }

  /** Those that follow the ones that are there. */
  async add({ offsets, ...arrays }: CsrRows): Promise<void> {
    const before = BigInt(this.edges);
    for (let row = 1; row < offsets.length; row++) {
      if (offsets[row] === offsets[row - 1]) this.emptyRows++;
      this.offsets[++this.#rows] = before + offsets[row];
    }
    this.edges += arrays.ids.length;
    for (const [part, array] of Object.entries(arrays) as [Part, ArrayBufferView][]) {
      this.#files[part] ??= await SpillFile.create(`${this.#path}.${part}`);
      await this.#files[part].append(array);
    }
  }

  /** The same edges with rows and columns exchanged, and without times. */
  async *turned(): AsyncGenerator<Edges> {
    const weights = this.#files.weights?.pieces();
    let edge = 0;
    let row = 0;
    let end = Number(this.offsets[1]);
    for await (const piece of this.#files.ids!.pieces()) {
      const ids = new Uint32Array(piece.buffer);
      const rows = new Uint32Array(ids.length);
      for (let i = 0; i < ids.length; i++, edge++) {
        while (edge >= end) end = Number(this.offsets[++row + 1]);
        rows[i] = row;
      }
      const own = weights && new Float32Array(((await weights.next()).value as Uint8Array).buffer);
      yield { pins: ids, boards: rows, weights: own };
    }
  }

  tensor(part: Part, dtype: TensorDtype): TensorPieces {
    return { shape: [this.edges], dtype, pieces: () => this.#files[part]?.pieces() ?? nothing() };
  }

  async remove(): Promise<void> {
    for (const file of Object.values(this.#files)) await file.remove();
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
