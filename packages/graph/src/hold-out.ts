import type { Edges, Graph } from '@pinsage/native';
import { afterCutoff, lastOfBoards } from './hold-out-by-time.js';

/** Which edges are held out: SplitOptions says what they mean. */
export const splitKinds = ['edges', 'time', 'last', 'cutoff', 'none'] as const;
export type SplitKind = (typeof splitKinds)[number];

export interface HoldOut {
  train: Edges;
  validation: Edges;
  test: Edges;
  /** Ascending. */
  coldPins: Uint32Array;
  coldEdges: Edges;
}

export interface HoldOutOptions {
  kind: SplitKind;
  validation: number;
  test: number;
  coldPins: number;
  seed: number;
  cutoff?: number;
}

const TRAIN = 0;
const VALIDATION = 1;
const TEST = 2;
const COLD = 3;

/** Divides a graph's edges. Random choices are hashes of seed, pin and board: no order of visits and no state is behind them. */
export function holdOut(graph: Graph, options: HoldOutOptions): HoldOut {
  const part = new Uint8Array(graph.edges); // of each edge, in the order of the pins' rows
  const state: State = { graph, part, pinDegrees: graph.pinDegrees(), boardDegrees: graph.boardDegrees(), options };
  const coldPins = takeColdPins(state);
  takeByKind[options.kind](state);
  return {
    train: select(state, TRAIN),
    validation: select(state, VALIDATION),
    test: select(state, TEST),
    coldPins,
    coldEdges: select(state, COLD),
  };
}

interface State {
  graph: Graph;
  part: Uint8Array;
  /** Edges left for training. */
  pinDegrees: Uint32Array;
  boardDegrees: Uint32Array;
  options: HoldOutOptions;
}

const takeByKind: Record<SplitKind, (state: State) => void> = {
  edges: takeShares,
  time: takeShares,
  last: (state) => mark(state, lastOfBoards(state.graph, warmEdgesOfBoards(state))),
  cutoff: (state) => mark(state, afterCutoff(state.graph, warmEdges(state), state.options)),
  none: () => {},
};

function mark({ part }: State, { validation, test }: { validation: number[]; test: number[] }): void {
  for (const edge of validation) part[edge] = VALIDATION;
  for (const edge of test) part[edge] = TEST;
}

function warmEdges({ part }: State): number[] {
  return [...part.keys()].filter((edge) => part[edge] !== COLD);
}

function* warmEdgesOfBoards({ graph, part }: State): Generator<number[]> {
  const { edges, offsets } = edgesByBoard(graph);
  for (let board = 0; board < graph.boards; board++) {
    yield Array.from(edges.subarray(offsets[board], offsets[board + 1])).filter((edge) => part[edge] !== COLD);
  }
}

/** Pins in the order of their hashes, passing over those without which a board would be left empty. */
function takeColdPins({ graph, part, pinDegrees, boardDegrees, options }: State): Uint32Array {
  const { pinOffsets } = graph.arrays;
  const candidates = shuffled(graph.pins, options.seed, 1).filter((pin) => pinDegrees[pin] > 0);
  const wanted = Math.round(options.coldPins * candidates.length);
  const cold: number[] = [];
  for (const pin of candidates) {
    if (cold.length === wanted) break;
    const boards = graph.boardsOf(pin);
    if (boards.some((board) => boardDegrees[board] === 1)) continue;
    for (const board of boards) boardDegrees[board]--;
    pinDegrees[pin] = 0;
    part.fill(COLD, Number(pinOffsets[pin]), Number(pinOffsets[pin + 1]));
    cold.push(pin);
  }
  return Uint32Array.from(cold).sort();
}

/** A share of each board, board by board, so that the last edge of a pin goes to whichever board the hash puts last. */
function takeShares(state: State): void {
  const { graph, pinDegrees, boardDegrees, options } = state;
  const { pins, edges, offsets } = edgesByBoard(graph);
  for (const board of shuffled(graph.boards, options.seed, 2)) {
    const from = offsets[board];
    const list = Array.from({ length: offsets[board + 1] - from }, (_, i) => from + i).filter((i) => {
      return state.part[edges[i]] !== COLD;
    });
    sortForHoldingOut(list, pins, edges, board, state);
    const size = list.length;
    let test = share(size, options.test, board, options.seed, 3);
    let validation = share(size, options.validation, board, options.seed, 4);
    for (const i of list) {
      if (test + validation === 0 || boardDegrees[board] === 1) break;
      const pin = pins[i];
      if (pinDegrees[pin] === 1) continue;
      pinDegrees[pin]--;
      boardDegrees[board]--;
      if (test > 0) {
        state.part[edges[i]] = TEST;
        test--;
      } else {
        state.part[edges[i]] = VALIDATION;
        validation--;
      }
    }
  }
}

/** The edges that go first come first: the latest, or those with the smallest hash. */
function sortForHoldingOut(list: number[], pins: Uint32Array, edges: Float64Array, board: number, state: State): void {
  const { seed, kind } = state.options;
  const times = kind === 'time' ? state.graph.arrays.times! : undefined;
  const keys = new Map(list.map((i) => [i, hash(seed, 5, pins[i], board)]));
  list.sort((a, b) => {
    if (times !== undefined) {
      const [timeA, timeB] = [times[edges[a]], times[edges[b]]];
      if (timeA !== timeB) return timeA < timeB ? 1 : -1;
    }
    return keys.get(a)! - keys.get(b)! || pins[a] - pins[b];
  });
}

/** A board's share of its edges, rounded up or down at random so that small boards give their part too. */
function share(size: number, fraction: number, board: number, seed: number, use: number): number {
  const exact = size * fraction;
  const whole = Math.floor(exact);
  return whole + (hash(seed, use, board, 0) < (exact - whole) * 2 ** 32 ? 1 : 0);
}

/** For each board its edges' pins, and their places in the pins' rows. */
function edgesByBoard(graph: Graph) {
  const { boardOffsets, boardPins, pinOffsets, pinBoards } = graph.arrays;
  const offsets = Float64Array.from(boardOffsets, Number);
  const next = offsets.slice();
  const edges = new Float64Array(graph.edges);
  for (let pin = 0; pin < graph.pins; pin++) {
    const end = Number(pinOffsets[pin + 1]);
    // Pins ascend within a board's row, and this goes through them ascending.
    for (let edge = Number(pinOffsets[pin]); edge < end; edge++) edges[next[pinBoards[edge]]++] = edge;
  }
  return { pins: boardPins, edges, offsets };
}

function select({ graph, part }: State, wanted: number): Edges {
  const { pinOffsets, pinBoards, pinWeights, times } = graph.arrays;
  const count = part.reduce((sum, value) => sum + (value === wanted ? 1 : 0), 0);
  const result: Edges = { pins: new Uint32Array(count), boards: new Uint32Array(count) };
  if (pinWeights !== undefined) result.weights = new Float32Array(count);
  if (times !== undefined) result.times = new BigInt64Array(count);
  let at = 0;
  for (let pin = 0; pin < graph.pins; pin++) {
    const end = Number(pinOffsets[pin + 1]);
    for (let edge = Number(pinOffsets[pin]); edge < end; edge++) {
      if (part[edge] !== wanted) continue;
      result.pins[at] = pin;
      result.boards[at] = pinBoards[edge];
      if (result.weights) result.weights[at] = pinWeights![edge];
      if (result.times) result.times[at] = times![edge];
      at++;
    }
  }
  return result;
}

/** 0 to count - 1 in the order of their hashes. */
function shuffled(count: number, seed: number, use: number): Uint32Array {
  const keys = Uint32Array.from({ length: count }, (_, i) => hash(seed, use, i, 0));
  return Uint32Array.from({ length: count }, (_, i) => i).sort((a, b) => keys[a] - keys[b] || a - b);
}

/** 32 bits of (seed, use, a, b): Murmur3's mixing of four words. */
function hash(seed: number, use: number, a: number, b: number): number {
  let h = seed | 0;
  for (const word of [use, a, b]) {
    let k = Math.imul(word, 0xcc9e2d51);
    k = Math.imul((k << 15) | (k >>> 17), 0x1b873593);
    h ^= k;
    h = (h << 13) | (h >>> 19);
    h = (Math.imul(h, 5) + 0xe6546b64) | 0;
  }
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
