import { join } from 'node:path';
import { buildRows, type CsrRows, type Edges, PinSageError, release, type TaskOptions } from '@pinsage/native';
import { SpillFile } from './spill-file.js';

/** Edges in any order; `pins` are the rows, `boards` the columns. */
export interface EdgeStream {
  /** How many there are. */
  count: number;
  chunks: AsyncIterable<Edges> | Iterable<Edges>;
}

export interface SortOptions extends TaskOptions {
  /** Rows and columns that there are. */
  rows: number;
  columns: number;
  weighted: boolean;
  timed: boolean;
  duplicates?: 'merge' | 'sum';
  /** A directory for edges that do not fit into memory. */
  spill: string;
  /** Bytes that sorting may take. */
  memory: number;
}

/** Edges that a part's file is written by. */
const BLOCK = 2 ** 14;
const MOST_PARTS = 64;
/** Times of so many edges are the 4 GiB of the largest array that every Node.js has. */
const MOST_IN_MEMORY = 2 ** 29;

/**
 * Sorts edges by row and column, and gives the rows out in order, range by range, as buildRows makes them of all edges at once: the
 * ranges' ids one after the other are the whole graph's.
 *
 * Where the edges do not fit into memory they go to files first, each of a range of rows; a range that is still too large is parted
 * again. Each part keeps the order of its edges, so that which of two equal ones came first is not forgotten.
 */
export async function* sortEdges(edges: EdgeStream, options: SortOptions): AsyncGenerator<CsrRows> {
  yield* sortRange(edges, { first: 0, count: options.rows, name: 'edges' }, options);
}

interface Range {
  first: number;
  count: number;
  /** Of its files. */
  name: string;
}

async function* sortRange(edges: EdgeStream, range: Range, options: SortOptions): AsyncGenerator<CsrRows> {
  const fitting = Math.min(MOST_IN_MEMORY, Math.max(BLOCK, Math.floor(options.memory / bytesOfEdge(options))));
  if (edges.count <= fitting || range.count === 1) {
    const sorted = await sortInMemory(edges, range, options);
    yield sorted;
    release(sorted);
    return;
  }
  const parts = await part(edges, range, Math.ceil((2 * edges.count) / fitting), options);
  try {
    for (const part of parts) {
      yield* sortRange(part, part.range, options);
      await part.remove();
    }
  } finally {
    for (const part of parts) await part.remove();
  }
}

/** What buildRows takes at its height, the list itself included. */
function bytesOfEdge({ weighted, timed, duplicates }: SortOptions): number {
  return weighted || timed || duplicates === 'sum' ? 72 : 24;
}

async function sortInMemory({ count, chunks }: EdgeStream, range: Range, options: SortOptions): Promise<CsrRows> {
  const edges = emptyEdges(count, options);
  let at = 0;
  for await (const chunk of chunks) {
    edges.pins.set(chunk.pins, at);
    edges.boards.set(chunk.boards, at);
    if (chunk.weights) edges.weights?.set(chunk.weights, at);
    if (chunk.times) edges.times?.set(chunk.times, at);
    at += chunk.pins.length;
  }
  for (let i = 0; range.first > 0 && i < count; i++) edges.pins[i] -= range.first;
  const { columns, duplicates, signal, threads } = options;
  return buildRows(edges, { rows: range.count, columns, duplicates, signal, threads });
}

/** Writes the edges of each of at most so many ranges of rows to a file. */
async function part(edges: EdgeStream, range: Range, wanted: number, options: SortOptions): Promise<EdgePart[]> {
  const { signal } = options;
  const parts: EdgePart[] = [];
  const step = Math.ceil(range.count / Math.min(wanted, MOST_PARTS));
  try {
    for (let first = 0; first < range.count; first += step) {
      const own = {
        first: range.first + first,
        count: Math.min(step, range.count - first),
        name: `${range.name}-${parts.length}`,
      };
      parts.push(await EdgePart.create(own, options));
    }
    for await (const { pins, boards, weights, times } of edges.chunks) {
      if (signal?.aborted) throw new PinSageError('ABORTED', 'The call was aborted.', { cause: signal.reason });
      for (let i = 0; i < pins.length; i++) {
        const part = parts[Math.floor((pins[i] - range.first) / step)];
        if (part.push(pins[i], boards[i], weights?.[i], times?.[i])) await part.flush();
      }
    }
    for (const part of parts) await part.flush();
    return parts;
  } catch (error) {
    for (const part of parts) await part.remove();
    throw error;
  }
}

/** The edges of a range of rows, in a file. */
class EdgePart implements EdgeStream {
  readonly range: Range;
  readonly #block: Edges;
  #file: SpillFile | undefined;
  #filled = 0;
  /** Edges of each block that was written. */
  readonly #blocks: number[] = [];
  count = 0;

  private constructor(range: Range, block: Edges, file: SpillFile) {
    this.range = range;
    this.#block = block;
    this.#file = file;
  }

  static async create(range: Range, options: SortOptions): Promise<EdgePart> {
    return new EdgePart(range, emptyEdges(BLOCK, options), await SpillFile.create(join(options.spill, range.name)));
  }

  /** Whether flush has to be called now. */
  push(pin: number, board: number, weight: number | undefined, time: bigint | undefined): boolean {
    const at = this.#filled++;
    this.#block.pins[at] = pin;
    this.#block.boards[at] = board;
    if (this.#block.weights) this.#block.weights[at] = weight!;
    if (this.#block.times) this.#block.times[at] = time!;
    return this.#filled === BLOCK;
  }

  async flush(): Promise<void> {
    for (const array of arraysOf(this.#block)) await this.#file!.append(array.subarray(0, this.#filled));
    this.#blocks.push(this.#filled);
    this.count += this.#filled;
    this.#filled = 0;
  }

  get chunks(): AsyncGenerator<Edges> {
    return this.#read();
  }

  async *#read(): AsyncGenerator<Edges> {
    let at = 0;
    for (const count of this.#blocks) {
      for (const array of arraysOf(this.#block)) {
        const bytes = await this.#file!.read(at, count * array.BYTES_PER_ELEMENT);
        new Uint8Array(array.buffer).set(bytes);
        at += bytes.length;
      }
      yield sliceEdges(this.#block, count);
    }
  }

  async remove(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.remove();
  }
}

function emptyEdges(count: number, { weighted, timed }: Pick<SortOptions, 'weighted' | 'timed'>): Edges {
  return {
    pins: new Uint32Array(count),
    boards: new Uint32Array(count),
    ...(weighted && { weights: new Float32Array(count) }),
    ...(timed && { times: new BigInt64Array(count) }),
  };
}

function arraysOf({ pins, boards, weights, times }: Edges) {
  return [pins, boards, ...(weights ? [weights] : []), ...(times ? [times] : [])];
}

function sliceEdges({ pins, boards, weights, times }: Edges, count: number): Edges {
  return {
    pins: pins.subarray(0, count),
    boards: boards.subarray(0, count),
    weights: weights?.subarray(0, count),
    times: times?.subarray(0, count),
  };
}
