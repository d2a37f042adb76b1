import { type Edges, type Graph, largeArray } from '@pinsage/native';
import { edgesByBoard, edgesByPin, forEachEdge } from './edge-walk.js';
import { markAfterCutoff, markLastOfBoards } from './hold-out-by-time.js';

/** Which edges are held out: SplitOptions says what they mean. */
export const splitKinds = ['edges', 'time', 'last', 'cutoff', 'none'] as const;
export type SplitKind = (typeof splitKinds)[number];

/** Parts that edges are divided into. */
export const TRAIN = 0;
export const VALIDATION = 1;
export const TEST = 2;
export const COLD = 3;
type HeldOutPart = typeof VALIDATION | typeof TEST | typeof COLD;

export interface HoldOut {
  /** Edges of each part. */
  counts: [train: number, validation: number, test: number, cold: number];
  /** The edges for training, in chunks, in any order. Each chunk is good until the next is asked for. */
  trainEdges(): Iterable<Edges>;
  /** The others and their parts, in the order of the pins' rows. */
  heldOutEdges(): Iterable<[HeldOutPart, Edges]>;
  /** Ascending. */
  coldPins: Uint32Array;
}

export interface HoldOutOptions {
  kind: SplitKind;
  validation: number;
  test: number;
  coldPins: number;
  seed: number;
  cutoff?: number;
}

/**
 * Divides a graph's edges. Random choices are hashes of seed, pin and board: no order of visits and no state is behind them. It keeps
 * a byte for each edge and, where the kind looks at a board's times, its time.
 */
export function holdOut(graph: Graph, options: HoldOutOptions): HoldOut {
  const state: HoldOutState = {
    graph,
    options,
    part: largeArray(Uint8Array, graph.edges),
    isCold: new Uint8Array(graph.pins),
    pinDegrees: graph.pinDegrees(),
    boardDegrees: graph.boardDegrees(),
  };
  const coldPins = takeColdPins(state);
  takeByKind[options.kind](state);
  const partOf = (pin: number, slot: number) => (state.isCold[pin] === 1 ? COLD : state.part[slot]);
  const isForTraining = (pin: number, slot: number) => partOf(pin, slot) === TRAIN;
  const counts: HoldOut['counts'] = [0, 0, 0, 0];
  const { boardPins, times } = graph.arrays;
  for (let slot = 0; slot < boardPins.length; slot++) counts[partOf(boardPins[slot], slot)]++;
  return {
    counts,
    coldPins,
    trainEdges: function* () {
      if (times === undefined) yield* edgesByBoard(graph, isForTraining);
      else for (const [, edges] of edgesByPin(graph, [TRAIN], partOf)) yield edges;
    },
    heldOutEdges: () => edgesByPin<HeldOutPart>(graph, [VALIDATION, TEST, COLD], partOf),
  };
}

export interface HoldOutState {
  graph: Graph;
  options: HoldOutOptions;
  /** [edges] in the order of the boards' rows; of pins that are not cold. */
  part: Uint8Array;
  /** [pins] */
  isCold: Uint8Array;
  /** Edges left for training. */
  pinDegrees: Uint32Array;
  boardDegrees: Uint32Array;
}

const takeByKind: Record<SplitKind, (state: HoldOutState) => void> = {
  edges: (state) => takeShares(state),
  time: (state) => takeShares(state, timesOfBoards(state.graph)),
  last: (state) => markLastOfBoards(state, timesOfBoards(state.graph)),
  cutoff: markAfterCutoff,
  none: () => {},
};

/** The edges' times in the order of the boards' rows. */
function timesOfBoards(graph: Graph): BigInt64Array {
  const times = graph.arrays.times!;
  const result = largeArray(BigInt64Array, graph.edges);
  forEachEdge(graph, (_pin, _board, edge, slot) => {
    result[slot] = times[edge];
  });
  return result;
}

/** Pins in the order of their hashes, passing over those without which a board would be left empty. */
function takeColdPins({ graph, isCold, pinDegrees, boardDegrees, options }: HoldOutState): Uint32Array {
  if (options.coldPins === 0) return new Uint32Array();
  const candidates = shuffled(graph.pins, options.seed, 1).filter((pin) => pinDegrees[pin] > 0);
  const wanted = Math.round(options.coldPins * candidates.length);
  const cold: number[] = [];
  for (const pin of candidates) {
    if (cold.length === wanted) break;
    const boards = graph.boardsOf(pin);
    if (boards.some((board) => boardDegrees[board] === 1)) continue;
    for (const board of boards) boardDegrees[board]--;
    pinDegrees[pin] = 0;
    isCold[pin] = 1;
    cold.push(pin);
  }
  return Uint32Array.from(cold).sort();
}

/**
 * A share of each board, board by board, so that the last edge of a pin goes to whichever board the hash puts last.
 */
function takeShares(
  { graph, part, isCold, pinDegrees, boardDegrees, options }: HoldOutState,
  times?: BigInt64Array,
): void {
  const { boardOffsets } = graph.arrays;
  const { seed } = options;
  for (const board of shuffled(graph.boards, seed, 2)) {
    const pins = graph.pinsOf(board);
    const first = Number(boardOffsets[board]);
    const order = orderForHoldingOut(pins, board, seed, times?.subarray(first, first + pins.length)).filter(
      (i) => isCold[pins[i]] === 0,
    );
    let test = share(order.length, options.test, board, seed, 3);
    let validation = share(order.length, options.validation, board, seed, 4);
    for (const i of order) {
      if (test + validation === 0 || boardDegrees[board] === 1) break;
      if (pinDegrees[pins[i]] === 1) continue;
      pinDegrees[pins[i]]--;
      boardDegrees[board]--;
      if (test > 0) {
        part[first + i] = TEST;
        test--;
      } else {
        part[first + i] = VALIDATION;
        validation--;
      }
    }
  }
}

/** Indices of this size and 32 bits of a hash make one number that a double holds. */
const INDICES = 2 ** 21;

/** A board's places, those that go first first: the latest, or those with the smallest hash. */
function orderForHoldingOut(
  pins: Uint32Array,
  board: number,
  seed: number,
  times?: BigInt64Array,
): Float64Array | Uint32Array {
  if (times === undefined && pins.length <= INDICES) {
    // Numbers alone are sorted ten times faster than by a function.
    const keys = Float64Array.from(pins, (pin, i) => hash(seed, 5, pin, board) * INDICES + i);
    return keys.sort().map((key) => key % INDICES);
  }
  const keys = pins.map((pin) => hash(seed, 5, pin, board));
  return pins
    .map((_, i) => i)
    .sort((a, b) => {
      if (times !== undefined && times[a] !== times[b]) return times[a] < times[b] ? 1 : -1;
      return keys[a] - keys[b] || a - b;
    });
}

/** A board's share of its edges, rounded up or down at random so that small boards give their part too. */
function share(size: number, fraction: number, board: number, seed: number, use: number): number {
  const exact = size * fraction;
  const whole = Math.floor(exact);
  return whole + (hash(seed, use, board, 0) < (exact - whole) * 2 ** 32 ? 1 : 0);
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
