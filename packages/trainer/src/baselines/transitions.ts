import type { Graph } from '@pinsage/native';
import { BoardMembers } from '../board-members.js';
import { listOf } from '../lists.js';
import type { ScoreOptions } from '../method.js';
import { ScoredMethod } from '../scored-method.js';
import type { Task } from '../tasks.js';

/** The latest pins of a board that vote; each one's vote is half the next one's. */
const VOTERS = 8;

/**
 * First-order transitions: the share of times that a pin came right after another on a board, in order of time,
 *
 *     score(p) = Σ_k 2^-k n(q_k → p) / n(q_k → anything) ,  q_0 the latest pin of the query's board, q_1 the one before …
 *
 * The pins of a query that is no board vote alike. Pins of one board and time follow each other by id.
 */
export class Transitions extends ScoredMethod {
  readonly name = 'transitions';
  readonly #pins: number;
  readonly #members: BoardMembers;
  /** [pins + 1] Where the pins that followed each pin begin. */
  readonly #offsets: Float64Array;
  readonly #followers: Uint32Array;

  private constructor(graph: Graph) {
    super(graph.pins);
    this.#pins = graph.pins;
    this.#members = new BoardMembers(graph.arrays, true);
    [this.#offsets, this.#followers] = followers(this.#members, graph.boards, graph.pins);
  }

  /** undefined when the edges have no times. */
  static create(graph: Graph): Transitions | undefined {
    return graph.arrays.times === undefined ? undefined : new Transitions(graph);
  }

  async scores(task: Task, first: number, end: number, _: ScoreOptions): Promise<Float32Array> {
    const scores = new Float32Array((end - first) * this.#pins);
    for (let query = first; query < end; query++) {
      const row = scores.subarray((query - first) * this.#pins, (query - first + 1) * this.#pins);
      if (task.boards === undefined) {
        for (const pin of listOf(task.members, query)) this.#vote(pin, 1, row);
      } else {
        for (const [age, pin] of this.#latest(task.boards[query]).entries()) this.#vote(pin, 2 ** -age, row);
      }
    }
    return scores;
  }

  /** The latest first. */
  #latest(board: number): Uint32Array {
    const { offsets, pins } = this.#members;
    const start = Math.max(offsets[board], offsets[board + 1] - VOTERS);
    return pins.slice(start, offsets[board + 1]).reverse();
  }

  #vote(pin: number, weight: number, row: Float32Array): void {
    const own = this.#followers.subarray(this.#offsets[pin], this.#offsets[pin + 1]);
    for (const follower of own) row[follower] += weight / own.length;
  }
}

/** For each pin, those that came right after it, as often as they did. */
function followers({ offsets, pins }: BoardMembers, boards: number, count: number): [Float64Array, Uint32Array] {
  const starts = new Float64Array(count + 1);
  const each = (use: (pin: number, follower: number) => void) => {
    for (let board = 0; board < boards; board++) {
      for (let place = offsets[board]; place + 1 < offsets[board + 1]; place++) use(pins[place], pins[place + 1]);
    }
  };
  each((pin) => {
    starts[pin + 1] += 1;
  });
  for (let pin = 0; pin < count; pin++) starts[pin + 1] += starts[pin];
  const next = starts.slice();
  const found = new Uint32Array(starts[count]);
  each((pin, follower) => {
    found[next[pin]++] = follower;
  });
  return [starts, found];
}
