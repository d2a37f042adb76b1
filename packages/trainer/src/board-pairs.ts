import { fold, type Graph, invalidArgument, PinSageError } from '@pinsage/native';
import { BoardMembers } from './board-members.js';
import type { TrainerConfig } from './config.js';
import { emptyPairs, foldInTurn, type PairSource, type Pairs } from './pairs.js';
import { RandomStream } from './random.js';
import { pickSlot, previousSlots, windowStart, writePair } from './slots.js';
import { WeightedIndex } from './weighted.js';

/** Boards that are drawn for one pair before the step gives up. */
const MAX_BOARDS = 1000;

export type BoardPairsConfig = Pick<
  TrainerConfig,
  'setQuery' | 'boardPower' | 'supervision' | 'folds' | 'timeOrder' | 'timeWindow' | 'seed'
>;

/**
 * Pairs of pins that share a board: a board is drawn with probability ∝ size^boardPower, then an item on it whose edge is in the
 * step's fold, then up to `setQuery` other members as the query.
 *
 * The walks of the step do not cross the fold's edges, so that the model cannot read the shared board off the item's
 * neighbourhood. With `supervision: 'target'` the query's own edges are preferably outside the fold, as when serving, where the
 * query's pins are known to be on the board; with 'both' they are inside.
 */
export class BoardPairs implements PairSource {
  readonly itemProbability: Float64Array;
  readonly #members: BoardMembers;
  readonly #boards: WeightedIndex;
  readonly #config: BoardPairsConfig;

  constructor(graph: Graph, config: BoardPairsConfig) {
    const { timeOrder, timeWindow } = config;
    const timed = timeOrder !== 'any' || timeWindow !== null;
    if (timed && graph.arrays.times === undefined) {
      const [name, value, allowed] =
        timeWindow === null ? ['timeOrder', timeOrder, "'any'"] : ['timeWindow', timeWindow, 'null'];
      throw invalidArgument(name, value, `${allowed}, because the edges have no times`);
    }
    this.#config = config;
    this.#members = new BoardMembers(graph.arrays, timed);
    const weights = new Float64Array(graph.boards);
    for (let board = 0; board < graph.boards; board++) {
      const size = this.#members.size(board);
      weights[board] = size < 2 ? 0 : size ** config.boardPower;
    }
    this.#boards = new WeightedIndex(weights);
    if (this.#boards.total === 0) throw new PinSageError('INVALID_ARGUMENT', 'No board of the graph has two pins.');
    this.itemProbability = this.#itemProbability(graph.pins, weights);
  }

  heldOut(step: number): { folds: number; fold: number } | undefined {
    return foldInTurn(step, this.#config.folds);
  }

  before(): undefined {
    return undefined;
  }

  sample(step: number, count: number): Pairs {
    const random = new RandomStream(this.#config.seed, 'pairs', step);
    const heldOut = this.heldOut(step);
    const pairs = emptyPairs(count, this.#config.setQuery);
    for (let row = 0; row < count; row++) this.#samplePair(pairs, row, random, heldOut);
    return pairs;
  }

  #samplePair(
    pairs: Required<Pairs>,
    row: number,
    random: RandomStream,
    heldOut?: { folds: number; fold: number },
  ): void {
    const { pins, offsets } = this.#members;
    for (let attempt = 0; attempt < MAX_BOARDS; attempt++) {
      const board = this.#boards.draw(random);
      const inFold = (slot: number) => heldOut === undefined || fold(pins[slot], board, heldOut.folds) === heldOut.fold;
      const item = pickSlot(random, offsets[board], offsets[board + 1], inFold);
      if (item === undefined) continue;
      const query = this.#pickQuery(random, board, item, heldOut !== undefined, inFold);
      if (query.length === 0) continue;
      writePair(pairs, row, this.#members, { board, item, query });
      return;
    }
    throw new PinSageError(
      'INVALID_ARGUMENT',
      `None of ${MAX_BOARDS} boards has a pair for fold ${heldOut?.fold ?? 0} of ${heldOut?.folds ?? 1}: ` +
        'the boards are too small, or timeWindow is too short. Allowed: fewer folds, a longer window.',
      { argument: 'folds', value: heldOut?.folds },
    );
  }

  /** Slots of up to `setQuery` distinct members other than the item; with times, of those that came before it. */
  #pickQuery(
    random: RandomStream,
    board: number,
    item: number,
    holdsOut: boolean,
    inFold: (slot: number) => boolean,
  ): number[] {
    const { supervision, setQuery, timeOrder } = this.#config;
    const [start, end] = this.#querySlots(board, item);
    if (timeOrder === 'previous') {
      return previousSlots(start, item, setQuery, supervision === 'both' ? inFold : () => true);
    }
    const preferred = supervision === 'both' ? inFold : (slot: number) => !holdsOut || !inFold(slot);
    const query: number[] = [];
    const isNew = (slot: number) => slot !== item && !query.includes(slot);
    while (query.length < setQuery) {
      const slot =
        pickSlot(random, start, end, (candidate) => isNew(candidate) && preferred(candidate)) ??
        // A query pin inside the fold does not see the board either: that teaches less, but leaks nothing.
        (supervision === 'target' ? pickSlot(random, start, end, isNew) : undefined);
      if (slot === undefined) break;
      query.push(slot);
    }
    return query;
  }

  #querySlots(board: number, item: number): [number, number] {
    const { offsets, times } = this.#members;
    if (times === undefined) return [offsets[board], offsets[board + 1]];
    return [windowStart(times, offsets[board], item, this.#config.timeWindow), item];
  }

  /** P(item) = Σ over its boards of P(board) / size. Folds and time windows are not in it: they even out over the steps. */
  #itemProbability(pins: number, weights: Float64Array): Float64Array {
    const probability = new Float64Array(pins);
    for (const [board, weight] of weights.entries()) {
      if (weight === 0) continue;
      const share = weight / this.#boards.total / this.#members.size(board);
      for (let slot = this.#members.offsets[board]; slot < this.#members.offsets[board + 1]; slot++) {
        probability[this.#members.pins[slot]] += share;
      }
    }
    return probability;
  }
}
