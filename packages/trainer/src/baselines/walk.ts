import type { Graph } from '@pinsage/native';
import { listOf } from '../lists.js';
import type { ScoreOptions } from '../method.js';
import { RandomStream } from '../random.js';
import { ScoredMethod } from '../scored-method.js';
import type { Task } from '../tasks.js';

/** Hops of a query, shared by its pins. */
const HOPS = 20_000;
/** Hops of one walk, which returns to its start with probability 1/2 before each. */
const LENGTH = 10;
/** Pins of a query that walks start from, at most. */
const STARTS = 200;

/**
 * Pixie (Eksombatchai et al., WWW 2018): random walks with restart from the query's pins. A pin's score is the sum over the
 * query's pins of sqrt(visits), which favours what several of them reach (the paper's multi-hit booster, whose outer square
 * changes no order).
 */
export class Walk extends ScoredMethod {
  readonly name = 'walk';
  readonly #graph: Graph;

  constructor(graph: Graph) {
    super(graph.pins);
    this.#graph = graph;
  }

  async scores(task: Task, first: number, end: number, options: ScoreOptions): Promise<Float32Array> {
    const { pins } = this.#graph;
    const scores = new Float32Array((end - first) * pins);
    const visits = new Uint32Array(pins);
    for (let query = first; query < end; query++) {
      const row = scores.subarray((query - first) * pins, (query - first + 1) * pins);
      for (const from of await this.#walk(listOf(task.members, query), query, options)) addRoots(row, from, visits);
    }
    return scores;
  }

  /** The pins visited from each start. */
  async #walk(members: Uint32Array, query: number, { seed, signal, threads }: ScoreOptions): Promise<Uint32Array[]> {
    const random = new RandomStream(seed, 'evaluation', 16 + query);
    const starts = Uint32Array.from(random.sample(members.length, STARTS), (place) => members[place]);
    const walks = Math.ceil(HOPS / LENGTH / starts.length);
    const visited = await this.#graph.walk(starts, {
      walks,
      hops: LENGTH,
      mode: 'restart',
      seed: BigInt(seed),
      stream: query,
      signal,
      threads,
    });
    const each = walks * LENGTH;
    return Array.from(starts, (_, i) => visited.subarray(i * each, (i + 1) * each));
  }
}

/** scores[pin] += sqrt(visits of the pin); `visits` is zeros before and after. */
function addRoots(scores: Float32Array, visited: Uint32Array, visits: Uint32Array): void {
  for (const pin of visited) if (pin !== 0xffffffff) visits[pin] += 1;
  for (const pin of visited) {
    if (pin === 0xffffffff || visits[pin] === 0) continue;
    scores[pin] += Math.sqrt(visits[pin]);
    visits[pin] = 0;
  }
}
