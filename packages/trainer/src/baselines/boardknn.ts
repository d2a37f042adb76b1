import type { Graph } from '@pinsage/native';
import type { Method, Ranking, RankingOptions } from '../method.js';
import type { Task } from '../tasks.js';
import { rankEachByScores } from './scored.js';

/**
 * Nearest boards: every board is as similar to the query as the cosine of their sets of pins, and a pin's score is the sum of the
 * similarities of its boards:
 *
 *     score(p) = Σ_{b ∋ p} |Q ∩ b| / sqrt(|Q| |b|)        (1 / sqrt|Q| changes no order)
 */
export class BoardKnn implements Method {
  readonly name = 'boardknn';
  readonly #graph: Graph;

  constructor(graph: Graph) {
    this.#graph = graph;
  }

  rank(task: Task, options: RankingOptions): Promise<Ranking> {
    return rankEachByScores(task, this.#graph.pins, options, (members, row) => this.#score(members, row));
  }

  #score(members: Uint32Array, scores: Float32Array): void {
    const common = new Map<number, number>();
    for (const pin of members) {
      for (const board of this.#graph.boardsOf(pin)) common.set(board, (common.get(board) ?? 0) + 1);
    }
    for (const [board, count] of common) {
      const pins = this.#graph.pinsOf(board);
      const similarity = count / Math.sqrt(pins.length);
      for (const pin of pins) scores[pin] += similarity;
    }
  }
}
