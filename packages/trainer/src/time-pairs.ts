import { type Graph, invalidArgument, largeArray, PinSageError } from '@pinsage/native';
import { BoardMembers } from './board-members.js';
import type { TrainerConfig } from './config.js';
import { emptyPairs, type PairSource, type Pairs } from './pairs.js';
import { RandomStream } from './random.js';
import { pickSlot, previousSlots, windowStart, writePair } from './slots.js';
import { WeightedIndex } from './weighted.js';

/** Boards that are drawn for one pair before the step gives up. */
const MAX_BOARDS = 1000;

export type TimePairsConfig = Pick<
  TrainerConfig,
  'setQuery' | 'boardPower' | 'timeOrder' | 'timeWindow' | 'timeSlices' | 'seed'
>;

/** The edges of one stretch of time, by their boards. */
interface Slice {
  /** All its edges are at this time or later. */
  start: bigint;
  boards: number[];
  /** Of each board its slots that belong to the slice and have another slot of the board before them: [first, end). */
  firsts: number[];
  ends: number[];
}

/**
 * Pairs for walks that respect time. The edges are dealt, in the order of time, into `timeSlices` slices. A step takes the items of
 * its pairs from one slice of the later half, in turn, and its walks only cross edges from before the slice: the step sees what was
 * known then. A board is drawn with probability ∝ size^boardPower among those that have an item in the slice, then the item, then up
 * to `setQuery` pins that came before it on the board.
 */
export class TimePairs implements PairSource {
  readonly itemProbability: Float64Array;
  readonly #members: BoardMembers;
  readonly #slices: (Slice & { index: WeightedIndex })[];
  readonly #config: TimePairsConfig;

  constructor(graph: Graph, config: TimePairsConfig) {
    const { times } = graph.arrays;
    if (times === undefined) {
      throw invalidArgument('timeSlices', config.timeSlices, 'null, because the edges have no times');
    }
    this.#config = config;
    this.#members = new BoardMembers(graph.arrays, true);
    this.#slices = slicesOf(this.#members, startsOf(times, config.timeSlices!)).flatMap((slice) => {
      const weights = Float64Array.from(slice.boards, (board) => this.#members.size(board) ** config.boardPower);
      return weights.length === 0 ? [] : [{ ...slice, index: new WeightedIndex(weights) }];
    });
    if (this.#slices.length === 0) {
      throw new PinSageError(
        'INVALID_ARGUMENT',
        `timeSlices is ${config.timeSlices}: the later half of the edges has no pair of an item and an earlier pin of its board.`,
        { argument: 'timeSlices', value: config.timeSlices },
      );
    }
    this.itemProbability = this.#itemProbability(graph.pins);
  }

  heldOut(): undefined {
    return undefined;
  }

  before(step: number): bigint {
    return this.#slices[step % this.#slices.length].start;
  }

  sample(step: number, count: number): Pairs {
    const random = new RandomStream(this.#config.seed, 'pairs', step);
    const slice = this.#slices[step % this.#slices.length];
    const pairs = emptyPairs(count, this.#config.setQuery);
    for (let row = 0; row < count; row++) {
      writePair(pairs, row, this.#members, this.#drawPair(random, slice));
    }
    return pairs;
  }

  #drawPair(random: RandomStream, { boards, firsts, ends, index }: Slice & { index: WeightedIndex }) {
    for (let attempt = 0; attempt < MAX_BOARDS; attempt++) {
      const place = index.draw(random);
      const item = firsts[place] + random.below(ends[place] - firsts[place]);
      const query = this.#query(random, boards[place], item);
      if (query.length > 0) return { board: boards[place], item, query };
    }
    throw new PinSageError(
      'INVALID_ARGUMENT',
      `None of ${MAX_BOARDS} boards has a pair within timeWindow. Allowed: a longer window, or null.`,
      { argument: 'timeWindow', value: this.#config.timeWindow },
    );
  }

  /** Slots of up to `setQuery` distinct members that came before the item. */
  #query(random: RandomStream, board: number, item: number): number[] {
    const { timeOrder, timeWindow, setQuery } = this.#config;
    const start = windowStart(this.#members.times!, this.#members.offsets[board], item, timeWindow);
    if (timeOrder === 'previous') return previousSlots(start, item, setQuery, () => true);
    const query: number[] = [];
    while (query.length < Math.min(setQuery, item - start)) {
      query.push(pickSlot(random, start, item, (slot) => !query.includes(slot))!);
    }
    return query;
  }

  /** The mean over the slices of P(item) = Σ over its boards of P(board) / items of the board in the slice. */
  #itemProbability(pins: number): Float64Array {
    const probability = new Float64Array(pins);
    for (const { boards, firsts, ends, index } of this.#slices) {
      for (const [place, board] of boards.entries()) {
        const weight = this.#members.size(board) ** this.#config.boardPower;
        const share = weight / index.total / (ends[place] - firsts[place]) / this.#slices.length;
        for (let slot = firsts[place]; slot < ends[place]; slot++) probability[this.#members.pins[slot]] += share;
      }
    }
    return probability;
  }
}

/** When the slices of the later half begin, each time once. Edges of one time are in one slice, and some are before the first. */
function startsOf(times: BigInt64Array, slices: number): bigint[] {
  const sorted = largeArray(BigInt64Array, times.length);
  sorted.set(times);
  sorted.sort();
  const starts: bigint[] = [];
  for (let slice = Math.ceil(slices / 2); slice < slices; slice++) {
    const start = sorted[Math.floor((slice * sorted.length) / slices)];
    if (start > (starts.at(-1) ?? sorted[0])) starts.push(start);
  }
  return starts;
}

function slicesOf({ offsets, times }: BoardMembers, starts: bigint[]): Slice[] {
  const slices: Slice[] = starts.map((start) => ({ start, boards: [], firsts: [], ends: [] }));
  const numbers = starts.map(Number);
  for (let board = 0; board + 1 < offsets.length; board++) {
    // A board's slots ascend in time, and so do the slices that they are in.
    let slice = -1;
    for (let slot = offsets[board] + 1; slot < offsets[board + 1]; slot++) {
      while (slice + 1 < starts.length && times![slot] >= numbers[slice + 1]) slice++;
      if (slice === -1) continue;
      const { boards, firsts, ends } = slices[slice];
      if (boards.at(-1) !== board) {
        boards.push(board);
        firsts.push(slot);
      }
      ends[boards.length - 1] = slot + 1;
    }
  }
  return slices;
}
