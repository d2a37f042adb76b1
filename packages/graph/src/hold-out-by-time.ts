import type { Graph } from '@pinsage/native';

/** Edges, by their places in the pins' rows. */
export interface TimedParts {
  validation: number[];
  test: number[];
}

/**
 * Leave one out (Kang and McAuley's SASRec, 2018; DGL's PinSage example): of every board the last edge is for the test, and the one
 * before it for validation. Where times are the same, the larger pin is later. Boards of fewer than three edges keep them.
 *
 * @param edgesOf the edges of each board, pins ascending
 */
export function lastOfBoards(graph: Graph, edgesOf: Iterable<number[]>): TimedParts {
  const times = graph.arrays.times!;
  const parts: TimedParts = { validation: [], test: [] };
  for (const edges of edgesOf) {
    if (edges.length < 3) continue;
    // A stable sort: edges of one time stay in the order of their pins.
    const [beforeLast, last] = edges.sort((a, b) => compare(times[a], times[b])).slice(-2);
    parts.validation.push(beforeLast);
    parts.test.push(last);
  }
  return parts;
}

/**
 * One time for all boards: edges at the cutoff or later are for the test, and the last `validation` of all edges before it for
 * validation. Edges of one time are never parted, so that nothing in one part is as late as what is in the next.
 *
 * @param cutoff undefined: the time that leaves a share of `test` of the edges after it
 */
export function afterCutoff(
  graph: Graph,
  edges: number[],
  { validation, test, cutoff }: { validation: number; test: number; cutoff?: number },
): TimedParts {
  const times = graph.arrays.times!;
  const sorted = BigInt64Array.from(edges, (edge) => times[edge]).sort();
  const n = sorted.length;
  /** The time of edge number i, later than all at the end. */
  const timeAt = (i: number) => (i < n ? sorted[i] : 2n ** 63n);
  const end = cutoff === undefined ? timeAt(n - Math.round(test * n)) : BigInt(cutoff);
  const known = sorted.findIndex((time) => time >= end);
  const before = known === -1 ? n : known;
  const start = timeAt(Math.max(0, before - Math.round(validation * n)));
  return {
    validation: edges.filter((edge) => times[edge] >= start && times[edge] < end),
    test: edges.filter((edge) => times[edge] >= end),
  };
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
