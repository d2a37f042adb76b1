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
  const degrees = boardDegrees(train, heldOut);
  const isHeldOut = new Uint8Array(train.boards);
  for (const board of heldOut.boards) isHeldOut[board] = 1;
  const boards = degrees.map((_, board) => board).filter((board) => isHeldOut[board] === 1 && degrees[board] > 0);
  const asked = choose(boards, sample, 0);
  const targets = pinsOfBoards(heldOut, asked);
  const others = pinsOfBoards(known, asked);
  const queries = asked.map((board) => {
    const members = train.pinsOf(board);
    return { members, targets: targets.get(board)!, exclude: [...members, ...(others.get(board) ?? [])] };
  });
  const task = assemble('home', 'a board’s pins → its held-out pins', queries, boards.length);
  return { ...task, boards: Uint32Array.from(asked) };
}

/** Related pins: one known pin of a board → one held-out pin of it, for held-out edges. */
export function relatedTask(train: Graph, heldOut: Edges, sample: TaskSample): Task {
  const degrees = boardDegrees(train, heldOut);
  const edges = heldOut.boards.map((_, edge) => edge).filter((edge) => degrees[heldOut.boards[edge]] > 0);
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
  const boards = [...next.keys()].filter((board) => offsets[board] < offsets[board + 1]).sort((a, b) => a - b);
  if (boards.some((board) => next.get(board)!.time < times![offsets[board + 1] - 1])) return undefined;
  const asked = choose(boards, sample, 4);
  const others = pinsOfBoards(known, asked);
  const queries = asked.map((board) => {
    const members = pins.subarray(offsets[board], offsets[board + 1]);
    const exclude = [...members, ...(others.get(board) ?? [])];
    return { members: members.subarray(-latest), targets: [next.get(board)!.pin], exclude };
  });
  const latestPins = latest === 1 ? 'latest pin' : `${latest} latest pins`;
  return assemble('next', `a board’s ${latestPins} → its next one`, queries, boards.length);
}

/**
 * Cold start: a pin that training never saw → the pins of training that share a board with it. Boards of more than `maxBoard`
 * pins say too little to count.
 */
export function coldTask(train: Graph, coldEdges: Edges, sample: TaskSample, maxBoard = 200): Task | undefined {
  const degrees = boardDegrees(train, coldEdges);
  const counts = (board: number) => degrees[board] > 0 && degrees[board] <= maxBoard;
  const isRelated = new Uint8Array(train.pins);
  coldEdges.pins.forEach((pin, edge) => {
    if (counts(coldEdges.boards[edge])) isRelated[pin] = 1;
  });
  const pins = Uint32Array.from(isRelated.keys()).filter((pin) => isRelated[pin] === 1);
  if (pins.length === 0) return undefined;
  const asked = choose(pins, sample, 3);
  const related = new Map(asked.map((pin) => [pin, new Set<number>()]));
  coldEdges.pins.forEach((pin, edge) => {
    const mates = related.get(pin);
    if (mates === undefined || !counts(coldEdges.boards[edge])) return;
    for (const mate of train.pinsOf(coldEdges.boards[edge])) mates.add(mate);
  });
  const queries = asked.map((pin) => ({
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

function choose(from: ArrayLike<number>, { queries, seed }: TaskSample, use: number): number[] {
  const random = new RandomStream(seed, 'evaluation', use);
  return Array.from(random.sample(from.length, queries), (place) => from[place]);
}

/** How many pins each board has for training. @throws INVALID_ARGUMENT when an edge is of a board that the graph does not have */
function boardDegrees(train: Graph, { boards }: Edges): Uint32Array {
  for (const board of boards) if (board >= train.boards) train.pinsOf(board);
  return train.boardDegrees();
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

/** The edges' pins of those boards alone: all of a large collection's would not fit into the heap. */
function pinsOfBoards(edges: Edges | undefined, asked: number[]): Map<number, number[]> {
  const lists = new Map(asked.map((board) => [board, [] as number[]]));
  edges?.boards.forEach((board, edge) => {
    lists.get(board)?.push(edges.pins[edge]);
  });
  return lists;
}
