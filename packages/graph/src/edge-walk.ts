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

/** The edges for which `wanted` holds, in the order of the pins' rows. Each chunk is good until the next is asked for. */
export function* chosenEdges(graph: Graph, wanted: (pin: number, slot: number) => boolean): Generator<Edges> {
  const { pinOffsets, pinBoards, boardOffsets, pinWeights, times } = graph.arrays;
  const next = Float64Array.from(boardOffsets, Number);
  const pins = new Uint32Array(CHUNK);
  const boards = new Uint32Array(CHUNK);
  const chunk: Edges = { pins, boards };
  if (pinWeights) chunk.weights = new Float32Array(CHUNK);
  if (times) chunk.times = new BigInt64Array(CHUNK);
  let filled = 0;
  let edge = 0;
  for (let pin = 0; pin < graph.pins; pin++) {
    for (const end = Number(pinOffsets[pin + 1]); edge < end; edge++) {
      const board = pinBoards[edge];
      if (!wanted(pin, next[board]++)) continue;
      pins[filled] = pin;
      boards[filled] = board;
      if (pinWeights) chunk.weights![filled] = pinWeights[edge];
      if (times) chunk.times![filled] = times[edge];
      if (++filled < CHUNK) continue;
      yield chunk;
      filled = 0;
    }
  }
  yield {
    pins: pins.subarray(0, filled),
    boards: boards.subarray(0, filled),
    weights: chunk.weights?.subarray(0, filled),
    times: chunk.times?.subarray(0, filled),
  };
}
