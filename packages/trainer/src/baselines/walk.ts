import type { Graph } from '@pinsage/native';
import type { Method, Ranking, RankingOptions } from '../method.js';
import { RandomStream } from '../random.js';
import type { Task } from '../tasks.js';
import { rankEachByScores } from './scored.js';

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
export class Walk implements Method {
  readonly name = 'walk';
  readonly #graph: Graph;

  constructor(graph: Graph) {
    this.#graph = graph;
  }

  rank(task: Task, options: RankingOptions): Promise<Ranking> {
    const { pins } = this.#graph;
    const visits = new Uint32Array(pins);
    return rankEachByScores(task, pins, options, async (members, row, query) => {
      const hops = await this.#walk(members, query, options);
      for (const from of hops) addRoots(row, from, visits);
    });
  }

  /** The pins visited from each start. */
  async #walk(members: Uint32Array, query: number, { seed, signal, threads }: RankingOptions): Promise<Uint32Array[]> {
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
