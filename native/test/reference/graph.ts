// A graph as lists of lists, and CSR from edges by sorting.

import type { CsrArrays, Edges } from '../../lib/csr.js';

export interface Neighbor {
  id: number;
  weight: number;
  /** Of the edge; 0 in a graph without times. */
  time: bigint;
}

export interface ReferenceGraph {
  weighted: boolean;
  boardsOf: Neighbor[][];
  pinsOf: Neighbor[][];
}

export function referenceGraph(csr: CsrArrays): ReferenceGraph {
  const rows = (offsets: BigUint64Array, ids: Uint32Array, weights?: Float32Array) =>
    Array.from({ length: offsets.length - 1 }, (_, node) =>
      Array.from(ids.subarray(Number(offsets[node]), Number(offsets[node + 1])), (id, i) => ({
        id,
        weight: weights === undefined ? 1 : weights[Number(offsets[node]) + i],
        time: 0n,
      })),
    );
  const boardsOf = rows(csr.pinOffsets, csr.pinBoards, csr.pinWeights);
  const pinsOf = rows(csr.boardOffsets, csr.boardPins, csr.boardWeights);
  boardsOf.forEach((row, pin) => {
    row.forEach((neighbor, i) => {
      neighbor.time = csr.times?.[Number(csr.pinOffsets[pin]) + i] ?? 0n;
      pinsOf[neighbor.id].find(({ id }) => id === pin)!.time = neighbor.time;
    });
  });
  return { weighted: csr.pinWeights !== undefined, boardsOf, pinsOf };
}

export function referenceCsr(edges: Edges, pins: number, boards: number, duplicates: 'merge' | 'sum'): CsrArrays {
  const merged = new Map<number, { pin: number; board: number; weight: number; time: bigint }>();
  edges.pins.forEach((pin, i) => {
    const board = edges.boards[i];
    const weight = edges.weights?.[i] ?? 1;
    const time = edges.times?.[i] ?? 0n;
    const old = merged.get(pin * boards + board);
    if (old === undefined) {
      merged.set(pin * boards + board, { pin, board, weight, time });
    } else {
      if (duplicates === 'sum') old.weight += weight;
      if (time < old.time) old.time = time;
    }
  });
  const byPin = [...merged.values()].sort((a, b) => a.pin - b.pin || a.board - b.board);
  const byBoard = [...merged.values()].sort((a, b) => a.board - b.board || a.pin - b.pin);
  const offsets = (nodes: number, ids: number[]) =>
    BigUint64Array.from({ length: nodes + 1 }, (_, node) => BigInt(ids.filter((id) => id < node).length));
  const csr: CsrArrays = {
    pinOffsets: offsets(
      pins,
      byPin.map((edge) => edge.pin),
    ),
    pinBoards: Uint32Array.from(byPin, (edge) => edge.board),
    boardOffsets: offsets(
      boards,
      byBoard.map((edge) => edge.board),
    ),
    boardPins: Uint32Array.from(byBoard, (edge) => edge.pin),
  };
  if (edges.weights !== undefined || duplicates === 'sum') {
    csr.pinWeights = Float32Array.from(byPin, (edge) => edge.weight);
    csr.boardWeights = Float32Array.from(byBoard, (edge) => edge.weight);
  }
  if (edges.times !== undefined) csr.times = BigInt64Array.from(byPin, (edge) => edge.time);
  return csr;
}
