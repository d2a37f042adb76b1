import type { Edges, Graph } from '@pinsage/native';

const CHUNK = 2 ** 16;

/**
 * Calls `use` with every edge in the order of the pins' rows: its pin and board, its place there, and its place in the boards' rows.
 * Pins ascend within a board's row, so that each edge is the next of its board.
 */
export function forEachEdge(
  { arrays: { pinOffsets, pinBoards, boardOffsets } }: Graph,
  use: (pin: number, board: number, edge: number, slot: number) => void,
): void {
  const next = Float64Array.from(boardOffsets, Number);
  let edge = 0;
  for (let pin = 0; pin + 1 < pinOffsets.length; pin++) {
    for (const end = Number(pinOffsets[pin + 1]); edge < end; edge++) {
      const board = pinBoards[edge];
      use(pin, board, edge, next[board]++);
    }
  }
}

/** All edges of a graph without times, in the order of the boards' rows, for which `wanted` holds: nothing is read out of order. */
export function* edgesByBoard(graph: Graph, wanted: (pin: number, slot: number) => boolean): Generator<Edges> {
  const { boardOffsets, boardPins, boardWeights } = graph.arrays;
  const chunk = new Chunk(graph);
  let slot = 0;
  for (let board = 0; board < graph.boards; board++) {
    for (const end = Number(boardOffsets[board + 1]); slot < end; slot++) {
      const pin = boardPins[slot];
      if (!wanted(pin, slot)) continue;
      if (boardWeights) chunk.weights![chunk.filled] = boardWeights[slot];
      if (chunk.push(pin, board)) yield chunk.take();
    }
  }
  yield chunk.take();
}

/**
 * The edges whose part is one of `parts`, in the order of the pins' rows, and which part it is. Each chunk is good until the next is
 * asked for.
 */
export function* edgesByPin<Part extends number>(
  graph: Graph,
  parts: Part[],
  partOf: (pin: number, slot: number) => number,
): Generator<[Part, Edges]> {
  const { pinOffsets, pinBoards, boardOffsets, pinWeights, times } = graph.arrays;
  const next = Float64Array.from(boardOffsets, Number);
  const chunks: (Chunk | undefined)[] = [];
  for (const part of parts) chunks[part] = new Chunk(graph);
  let edge = 0;
  for (let pin = 0; pin < graph.pins; pin++) {
    for (const end = Number(pinOffsets[pin + 1]); edge < end; edge++) {
      const board = pinBoards[edge];
      const part = partOf(pin, next[board]++);
      const chunk = chunks[part];
      if (chunk === undefined) continue;
      if (pinWeights) chunk.weights![chunk.filled] = pinWeights[edge];
      if (times) chunk.times![chunk.filled] = times[edge];
      if (chunk.push(pin, board)) yield [part as Part, chunk.take()];
    }
  }
  for (const part of parts) yield [part, chunks[part]!.take()];
}

/** Edges that are given out together. */
class Chunk {
  readonly pins = new Uint32Array(CHUNK);
  readonly boards = new Uint32Array(CHUNK);
  readonly weights?: Float32Array;
  readonly times?: BigInt64Array;
  filled = 0;

  constructor({ weighted, arrays }: Graph) {
    if (weighted) this.weights = new Float32Array(CHUNK);
    if (arrays.times) this.times = new BigInt64Array(CHUNK);
  }

  /** Whether it is full now. */
  push(pin: number, board: number): boolean {
    this.pins[this.filled] = pin;
    this.boards[this.filled] = board;
    return ++this.filled === CHUNK;
  }

  take(): Edges {
    const { filled } = this;
    this.filled = 0;
    return {
      pins: this.pins.subarray(0, filled),
      boards: this.boards.subarray(0, filled),
      weights: this.weights?.subarray(0, filled),
      times: this.times?.subarray(0, filled),
    };
  }
}
