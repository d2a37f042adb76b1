import { GramFactor, type Graph, type TaskOptions } from '@pinsage/native';
import { listOf } from '../lists.js';
import type { ScoreOptions } from '../method.js';
import { ScoredMethod } from '../scored-method.js';
import type { Task } from '../tasks.js';

/** λ, from the middle of the range that Steck found best. */
const RIDGE = 250;

/**
 * EASE over pins: every pin's column of X [boards, pins] is predicted from the others' by ridge regression, and a query is a row of X.
 * With P = (Xᵀ X + λ I)⁻¹ the weights are B = I − P diag(1 / diag P), whose diagonal is 0, so that of a query x
 *
 *     score(p) = (x B)_p = x_p − (x P)_p / P_pp
 */
export class PinEase extends ScoredMethod {
  readonly name = 'ease';
  readonly #factor: GramFactor;
  /** [pins] of P */
  readonly #diagonal: Float32Array;

  private constructor(factor: GramFactor, diagonal: Float32Array) {
    super(diagonal.length);
    this.#factor = factor;
    this.#diagonal = diagonal;
  }

  static async create({ arrays, pins }: Graph, options: TaskOptions): Promise<PinEase> {
    const matrix = {
      offsets: Int32Array.from(arrays.boardOffsets, Number),
      rows: Int32Array.from(arrays.boardPins),
      weights: new Float32Array(arrays.boardPins.length).fill(1),
    };
    const factor = await GramFactor.create(matrix, { columns: pins, ridge: RIDGE, ...options });
    return new PinEase(factor, await factor.inverseDiagonal(options));
  }

  async scores(task: Task, first: number, end: number, { signal, threads }: ScoreOptions): Promise<Float32Array> {
    const pins = this.#diagonal.length;
    const rows = new Float32Array((end - first) * pins);
    for (let query = first; query < end; query++) {
      for (const pin of listOf(task.members, query)) rows[(query - first) * pins + pin] = 1;
    }
    const scores = rows.slice();
    await this.#factor.solve(rows, { signal, threads });
    for (let i = 0; i < scores.length; i++) scores[i] -= rows[i] / this.#diagonal[i % pins];
    return scores;
  }
}
