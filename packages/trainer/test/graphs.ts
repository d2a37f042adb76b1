import { Graph } from '@pinsage/native';

/** A graph from boards written out as lists of pins, with the edges' times when they are given. */
export function graphOf(boards: number[][], pins: number, times?: number[][]): Promise<Graph> {
  const edges = boards.flatMap((members, board) =>
    members.map((pin, i) => ({ pin, board, time: times?.[board][i] ?? 0 })),
  );
  return Graph.fromEdges(
    {
      pins: Uint32Array.from(edges, (edge) => edge.pin),
      boards: Uint32Array.from(edges, (edge) => edge.board),
      ...(times && { times: BigInt64Array.from(edges, (edge) => BigInt(edge.time)) }),
    },
    { pins, boards: boards.length },
  );
}

/** Boards of random pins, from a generator of its own. */
export function randomBoards(count: number, pins: number, sizes: [number, number], seed = 1): number[][] {
  let state = seed;
  const next = (n: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
  return Array.from({ length: count }, () => {
    const size = sizes[0] + next(sizes[1] - sizes[0] + 1);
    const members = new Set<number>();
    while (members.size < size) members.add(next(pins));
    return [...members];
  });
}
