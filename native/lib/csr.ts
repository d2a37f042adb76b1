import { addon } from './addon.js';
import { checkChoice, checkInteger, invalidArgument } from './errors.js';
import { releasable } from './result-memory.js';
import { runTask, type TaskOptions } from './task.js';
import { checkArray } from './typed-arrays.js';

/** Edges in any order. */
export interface Edges {
  pins: Uint32Array;
  /** As many as pins. */
  boards: Uint32Array;
  /** As many as pins; each 0 or from 1e-30 to 1e30. Default: unweighted. */
  weights?: Float32Array;
  /** As many as pins. Unit and origin are the caller's. */
  times?: BigInt64Array;
}

/** The graph's arrays, both ways. Ids ascend within a row. */
export interface CsrArrays {
  /** [pins + 1] */
  pinOffsets: BigUint64Array;
  /** [edges] */
  pinBoards: Uint32Array;
  /** [boards + 1] */
  boardOffsets: BigUint64Array;
  /** [edges] */
  boardPins: Uint32Array;
  /** [edges] in the order of pinBoards; with boardWeights or not at all. */
  pinWeights?: Float32Array;
  /** [edges] in the order of boardPins. */
  boardWeights?: Float32Array;
  /** [edges] in the order of pinBoards. */
  times?: BigInt64Array;
  /** [boards] The type of each board, a number whose meaning is the caller's: see `NeighborhoodOptions.quotas`. */
  boardTypes?: Uint8Array;
}

export interface BuildOptions extends TaskOptions {
  /** Number of pins, those without edges included: 0 to 2^32 - 2. */
  pins: number;
  /** Number of boards: 0 to 2^32 - 2. */
  boards: number;
  /** [boards] The type of each board. Default: boards have no types. */
  boardTypes?: Uint8Array;
  /** Edges that are there more than once become one: `merge` keeps the first one's weight, `sum` adds the weights (1 each when
      there are none). Either way the edge has the earliest of the times. Default `merge`. */
  duplicates?: 'merge' | 'sum';
}

export interface RowOptions extends TaskOptions, Pick<BuildOptions, 'duplicates'> {
  /** Rows there are: 0 to 2^32 - 2. */
  rows: number;
  /** Ids that rows may hold are below it. */
  columns: number;
}

/** One direction of a graph. Ids ascend within a row. */
export interface CsrRows {
  /** [rows + 1] */
  offsets: BigUint64Array;
  /** [edges] */
  ids: Uint32Array;
  /** [edges]; of weighted edges, and with duplicates summed. */
  weights?: Float32Array;
  /** [edges]; of edges with times. */
  times?: BigInt64Array;
}

/** What the addon answers. */
type BuiltGraph = Record<'pinOffsets' | 'pinBoards' | 'boardOffsets' | 'boardPins', ArrayBuffer> &
  Partial<Record<'pinWeights' | 'boardWeights' | 'times', ArrayBuffer>> & { handle: unknown };

const MAX_NODES = 2 ** 32 - 2;

/** CSR both ways from an edge list, the native graph over it, and what gives their memory back. */
export async function buildGraph(
  edges: Edges,
  hopTables: number,
  options: BuildOptions,
): Promise<{ arrays: CsrArrays; handle: unknown; free: () => void }> {
  const pins = checkInteger('pins', options.pins, 0, MAX_NODES);
  const boards = checkInteger('boards', options.boards, 0, MAX_NODES);
  const sum = isSum(options);
  const list = checkEdges(edges);
  const boardTypes = options.boardTypes && checkArray('boardTypes', options.boardTypes, Uint8Array, boards);
  const built = await runTask<BuiltGraph>(options, (threads, control) =>
    addon.buildGraph(...list, pins, boards, boardTypes, sum, hopTables, threads, control),
  );
  const arrays = {
    pinOffsets: new BigUint64Array(built.pinOffsets),
    pinBoards: new Uint32Array(built.pinBoards),
    boardOffsets: new BigUint64Array(built.boardOffsets),
    boardPins: new Uint32Array(built.boardPins),
    ...(built.pinWeights && {
      pinWeights: new Float32Array(built.pinWeights),
      boardWeights: new Float32Array(built.boardWeights!),
    }),
    ...(built.times && { times: new BigInt64Array(built.times) }),
    ...(boardTypes && { boardTypes }),
  };
  const { handle, ...buffers } = built;
  const free = () => {
    for (const buffer of Object.values(buffers)) addon.release(buffer);
  };
  return { arrays, handle, free };
}

/**
 * One direction of a graph from edges in any order: `pins` of the edges are rows here, and `boards` the ids in them. Equal edges
 * become one, as in Graph.fromEdges. Several graphs' worth of rows, made one after the other, are the rows of one large graph.
 *
 * @throws INVALID_ARGUMENT when an id is out of range, or a weight is not usable · ABORTED · OUT_OF_MEMORY
 */
export async function buildRows(edges: Edges, options: RowOptions): Promise<CsrRows> {
  const rows = checkInteger('rows', options.rows, 0, MAX_NODES);
  const columns = checkInteger('columns', options.columns, 0, MAX_NODES);
  const sum = isSum(options);
  const list = checkEdges(edges);
  const built = await runTask<
    Record<'offsets' | 'ids', ArrayBuffer> & Partial<Record<'weights' | 'times', ArrayBuffer>>
  >(options, (threads, control) => addon.buildRows(...list, rows, columns, sum, threads, control));
  const result: CsrRows = {
    offsets: new BigUint64Array(built.offsets),
    ids: new Uint32Array(built.ids),
    ...(built.weights && { weights: new Float32Array(built.weights) }),
    ...(built.times && { times: new BigInt64Array(built.times) }),
  };
  return releasable(result, Object.values(built));
}

function isSum({ duplicates }: Pick<BuildOptions, 'duplicates'>): boolean {
  return checkChoice('duplicates', duplicates ?? 'merge', ['merge', 'sum']) === 'sum';
}

/** The edges' arrays as the addon takes them: pins, boards, weights, times. */
function checkEdges(edges: Edges) {
  const pins = checkArray('edges.pins', edges.pins, Uint32Array);
  const { length } = pins;
  return [
    pins,
    checkArray('edges.boards', edges.boards, Uint32Array, length),
    edges.weights && checkArray('edges.weights', edges.weights, Float32Array, length),
    edges.times && checkArray('edges.times', edges.times, BigInt64Array, length),
  ] as const;
}

/** A copy of the object, of which every array has the right class and length. Their contents are checked natively. */
export function checkCsr(csr: CsrArrays): CsrArrays {
  const pinOffsets = checkArray('pinOffsets', csr.pinOffsets, BigUint64Array);
  const boardOffsets = checkArray('boardOffsets', csr.boardOffsets, BigUint64Array);
  for (const [name, offsets] of [
    ['pinOffsets', pinOffsets],
    ['boardOffsets', boardOffsets],
  ] as const) {
    if (offsets.length < 1 || offsets.length - 1 > MAX_NODES) {
      throw invalidArgument(name, offsets, 'one element more than nodes, of which there are at most 2^32 - 2');
    }
  }
  const pinBoards = checkArray('pinBoards', csr.pinBoards, Uint32Array);
  const edges = pinBoards.length;
  const boardPins = checkArray('boardPins', csr.boardPins, Uint32Array, edges);
  const checked: CsrArrays = { pinOffsets, pinBoards, boardOffsets, boardPins };
  if (csr.pinWeights !== undefined || csr.boardWeights !== undefined) {
    checked.pinWeights = checkArray('pinWeights', csr.pinWeights, Float32Array, edges);
    checked.boardWeights = checkArray('boardWeights', csr.boardWeights, Float32Array, edges);
  }
  if (csr.times !== undefined) checked.times = checkArray('times', csr.times, BigInt64Array, edges);
  if (csr.boardTypes !== undefined) {
    checked.boardTypes = checkArray('boardTypes', csr.boardTypes, Uint8Array, boardOffsets.length - 1);
  }
  return checked;
}
