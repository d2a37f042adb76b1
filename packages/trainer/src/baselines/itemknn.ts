import type { Graph } from '@pinsage/native';
import type { Method, Ranking, RankingOptions } from '../method.js';
import type { Task } from '../tasks.js';
import { rankEachByScores } from './scored.js';

/**
 * ItemKNN (Deshpande and Karypis 2004) over boards: two pins are as similar as the cosine of the sets of boards they are on, and a
 * pin's score is the sum of its similarities with the query's pins, over all of them rather than the k nearest:
 *
 *     score(p) = Σ_q |B_p ∩ B_q| / sqrt(|B_p| |B_q|) = |B_p|^-½ Σ_{b ∋ p} y_b ,  y_b = Σ_{q ∈ b} |B_q|^-½
 */
export class ItemKnn implements Method {
  readonly name = 'itemknn';
  readonly #graph: Graph;
  /** 1 / sqrt(boards of the pin) */
  readonly #scale: Float32Array;

  constructor(graph: Graph) {
    this.#graph = graph;
    this.#scale = Float32Array.from(graph.pinDegrees(), (degree) => (degree === 0 ? 0 : 1 / Math.sqrt(degree)));
  }

  rank(task: Task, options: RankingOptions): Promise<Ranking> {
    return rankEachByScores(task, this.#graph.pins, options, (members, row) => this.#score(members, row));
  }

  #score(members: Uint32Array, scores: Float32Array): void {
    const boards = new Map<number, number>();
    for (const pin of members) {
      for (const board of this.#graph.boardsOf(pin)) boards.set(board, (boards.get(board) ?? 0) + this.#scale[pin]);
    }
    for (const [board, y] of boards) for (const pin of this.#graph.pinsOf(board)) scores[pin] += y;
    for (let pin = 0; pin < scores.length; pin++) scores[pin] *= this.#scale[pin];
  }
}
