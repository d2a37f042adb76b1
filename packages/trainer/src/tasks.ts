import type { Edges, Graph } from '@pinsage/native';
import { BoardMembers } from './board-members.js';
import { type Lists, toLists } from './lists.js';
import { RandomStream } from './random.js';

/** Queries with the pins that should be found for them, the same for every method that is compared. */
export interface Task {
  name: 'related' | 'home' | 'next' | 'cold';
  /** What is asked, in words. */
  description: string;
  /** Pins of each query: one, or the members of a board. */
  members: Lists;
  /** Pins that are right, at least one for each query. */
  targets: Lists;
  /** Pins that are never recommended: the query's own, and others known to be on the board. */
  exclude: Lists;
  /** [pins] 1 where a pin may be recommended. Absent: all may. */
  allowed?: Uint8Array;
  /** Queries that there are, of which `members` may be a sample. */
  available: number;
  /** [queries] The board of each query, where it is one. */
  boards?: Uint32Array;
}

export interface TaskSample {
  /** Queries at most; a random sample where there are more. */
  queries: number;
  seed: number;
}

interface Query {
  members: ArrayLike<number>;
  targets: ArrayLike<number>;
  exclude: ArrayLike<number>;
}

/** Home feed: a board's known pins → its held-out pins. `known` are further edges that are neither asked with nor for. */
export function homeTask(train: Graph, heldOut: Edges, known: Edges | undefined, sample: TaskSample): Task {
  const targets = pinsByBoard(heldOut);
  const others = known ? pinsByBoard(known) : new Map<number, number[]>();
  const boards = [...targets.keys()].filter((board) => train.pinsOf(board).length > 0).sort((a, b) => a - b);
  const asked = choose(boards, sample, 0);
  const queries = asked.map((board) => {
    const members = train.pinsOf(board);
    return { members, targets: targets.get(board)!, exclude: [...members, ...(others.get(board) ?? [])] };
  });
  const task = assemble('home', 'a board’s pins → its held-out pins', queries, boards.length);
  return { ...task, boards: Uint32Array.from(asked) };
}

/** Related pins: one known pin of a board → one held-out pin of it, for held-out edges. */
export function relatedTask(train: Graph, heldOut: Edges, sample: TaskSample): Task {
  const edges = [...heldOut.pins.keys()].filter((edge) => train.pinsOf(heldOut.boards[edge]).length > 0);
  const random = new RandomStream(sample.seed, 'evaluation', 1);
  const queries = choose(edges, sample, 2).map((edge) => {
    const members = train.pinsOf(heldOut.boards[edge]);
    const query = members[random.below(members.length)];
    return { members: [query], targets: [heldOut.pins[edge]], exclude: [query] };
  });
  return assemble('related', 'a pin → a held-out pin of one of its boards', queries, edges.length);
}

/**
 * What comes next: a board's `latest` last known pins → the first of its held-out pins, in the order of time. `known` as for the home
 * feed. Undefined unless the edges are split by time: where a board was known to have a pin later than the one that is asked for,
 * that is not the next.
 */
export function nextTask(
  train: Graph,
  heldOut: Edges,
  known: Edges | undefined,
  sample: TaskSample,
  latest = 1,
): Task | undefined {
  if (train.arrays.times === undefined || heldOut.times === undefined) return undefined;
  const { pins, offsets, times } = new BoardMembers(train.arrays, true);
  const next = firstByBoard(heldOut, heldOut.times);
  const others = known ? pinsByBoard(known) : new Map<number, number[]>();
  const boards = [...next.keys()].filter((board) => offsets[board] < offsets[board + 1]).sort((a, b) => a - b);
  if (boards.some((board) => next.get(board)!.time < times![offsets[board + 1] - 1])) return undefined;
  const queries = choose(boards, sample, 4).map((board) => {
    const members = pins.subarray(offsets[board], offsets[board + 1]);
    const exclude = [...members, ...(others.get(board) ?? [])];
    return { members: members.subarray(-latest), targets: [next.get(board)!.pin], exclude };
  });
  const asked = latest === 1 ? 'latest pin' : `${latest} latest pins`;
  return assemble('next', `a board’s ${asked} → its next one`, queries, boards.length);
}

/**
 * Cold start: a pin that training never saw → the pins of training that share a board with it. Boards of more than `maxBoard`
 * pins say too little to count.
 */
export function coldTask(train: Graph, coldEdges: Edges, sample: TaskSample, maxBoard = 200): Task | undefined {
  const related = new Map<number, Set<number>>();
  for (const [edge, pin] of coldEdges.pins.entries()) {
    const mates = train.pinsOf(coldEdges.boards[edge]);
    if (mates.length === 0 || mates.length > maxBoard) continue;
    const known = related.get(pin);
    if (known === undefined) related.set(pin, new Set(mates));
    else for (const mate of mates) known.add(mate);
  }
  if (related.size === 0) return undefined;
  const pins = [...related.keys()].sort((a, b) => a - b);
  const queries = choose(pins, sample, 3).map((pin) => ({
    members: [pin],
    targets: Uint32Array.from(related.get(pin)!).sort(),
    exclude: [pin],
  }));
  const task = assemble('cold', `a pin without edges → pins on its boards of up to ${maxBoard}`, queries, pins.length);
  return { ...task, allowed: Uint8Array.from(train.pinDegrees(), (degree) => (degree > 0 ? 1 : 0)) };
}

function assemble(name: Task['name'], description: string, queries: Query[], available: number): Task {
  return {
    name,
    description,
    members: toLists(queries.map((query) => query.members)),
    targets: toLists(queries.map((query) => query.targets)),
    exclude: toLists(queries.map((query) => query.exclude)),
    available,
  };
}

function choose(from: number[], { queries, seed }: TaskSample, use: number): number[] {
  const random = new RandomStream(seed, 'evaluation', use);
  return Array.from(random.sample(from.length, queries), (place) => from[place]);
}

/** The earliest edge of each board; of one time, that with the smallest pin. */
function firstByBoard({ pins, boards }: Edges, times: BigInt64Array): Map<number, { pin: number; time: number }> {
  const first = new Map<number, { pin: number; time: number }>();
  for (const [edge, board] of boards.entries()) {
    const own = { pin: pins[edge], time: Number(times[edge]) };
    const other = first.get(board);
    const isEarlier = !other || own.time < other.time || (own.time === other.time && own.pin < other.pin);
    if (isEarlier) first.set(board, own);
  }
  return first;
}

function pinsByBoard({ pins, boards }: Edges): Map<number, number[]> {
  const lists = new Map<number, number[]>();
  for (const [edge, board] of boards.entries()) {
    const list = lists.get(board);
    if (list === undefined) lists.set(board, [pins[edge]]);
    else list.push(pins[edge]);
  }
  return lists;
}
