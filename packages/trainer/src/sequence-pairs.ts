import { fold, type Graph, invalidArgument, largeArray, PinSageError } from '@pinsage/native';
import { BoardMembers } from './board-members.js';
import type { TrainerConfig } from './config.js';
import { emptyPairs, foldInTurn, type PairSource, type Pairs } from './pairs.js';
import { RandomStream } from './random.js';
import { writePair } from './slots.js';

/** Edges that are drawn for one pair before the step gives up. */
const MAX_DRAWS = 10_000;

export type SequencePairsConfig = Pick<TrainerConfig, 'sequence' | 'folds' | 'seed'>;

/**
 * Pairs of pins that follow each other: an edge is drawn, whose pin is the item, and the query is a pin of the same board that is d
 * places before or after it in order of time, d ≤ `sequence`, with probability ∝ ln(1 + 1/d) ≈ 1/d. What someone takes next has more
 * to do with the last pin than with one of long ago; which of two came first says little beside that, so that both directions count.
 */
export class SequencePairs implements PairSource {
  readonly itemProbability: Float64Array;
  readonly #members: BoardMembers;
  /** [edges] The board of each place. */
  readonly #boards: Uint32Array;
  readonly #config: SequencePairsConfig;

  constructor(graph: Graph, config: SequencePairsConfig) {
    if (graph.arrays.times === undefined) {
      throw invalidArgument('sequence', config.sequence, 'null, because the edges have no times');
    }
    this.#config = config;
    this.#members = new BoardMembers(graph.arrays, true);
    this.#boards = largeArray(Uint32Array, graph.edges);
    this.itemProbability = new Float64Array(graph.pins);
    const { offsets, pins } = this.#members;
    for (let board = 0; board < graph.boards; board++) {
      this.#boards.fill(board, offsets[board], offsets[board + 1]);
    }
    const isUsable = (slot: number) => this.#members.size(this.#boards[slot]) > 1;
    let usable = 0;
    for (let slot = 0; slot < pins.length; slot++) if (isUsable(slot)) usable++;
    if (usable === 0) throw new PinSageError('INVALID_ARGUMENT', 'No board of the graph has two pins.');
    for (let slot = 0; slot < pins.length; slot++) {
      if (isUsable(slot)) this.itemProbability[pins[slot]] += 1 / usable;
    }
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
    const pairs = emptyPairs(count, 1);
    for (let row = 0; row < count; row++) {
      const [query, item] = this.#draw(random, heldOut);
      writePair(pairs, row, this.#members, { board: this.#boards[item], item, query: [query] });
    }
    return pairs;
  }

  /** Places of a query and of an item whose edge is in the fold. */
  #draw(random: RandomStream, heldOut?: { folds: number; fold: number }): [number, number] {
    const { pins, offsets } = this.#members;
    for (let draw = 0; draw < MAX_DRAWS; draw++) {
      const item = random.below(pins.length);
      const board = this.#boards[item];
      if (heldOut && fold(pins[item], board, heldOut.folds) !== heldOut.fold) continue;
      const query = item + this.#step(random);
      if (query >= offsets[board] && query < offsets[board + 1]) return [query, item];
    }
    throw new PinSageError(
      'INVALID_ARGUMENT',
      `None of ${MAX_DRAWS} edges has a neighbour on its board for fold ${heldOut?.fold ?? 0} of ${heldOut?.folds ?? 1}: the boards are too small. Allowed: fewer folds.`,
      { argument: 'folds', value: heldOut?.folds },
    );
  }

  /** ± d, 1 ≤ d ≤ sequence: the whole part of (sequence + 1)^u for a uniform u. */
  #step(random: RandomStream): number {
    const window = this.#config.sequence!;
    const distance = Math.min(window, Math.floor((window + 1) ** random.uniform()));
    return random.below(2) === 0 ? -distance : distance;
  }
}
