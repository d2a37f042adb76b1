import type { Method, ScoreOptions } from './method.js';
import { ScoredMethod } from './scored-method.js';
import { standardize } from './standardize.js';
import type { Task } from './tasks.js';

/** Scores of several methods, standardised for each query and added with weights. */
export class Mix extends ScoredMethod {
  readonly name = 'mix';
  readonly #parts: { method: Method; weight: number }[];
  readonly #pins: number;

  /** @param weights of each method, 0 or above */
  constructor(methods: Method[], weights: number[], pins: number) {
    super(pins);
    this.#pins = pins;
    this.#parts = methods.map((method, i) => ({ method, weight: weights[i] })).filter(({ weight }) => weight > 0);
  }

  async scores(task: Task, first: number, end: number, options: ScoreOptions): Promise<Float32Array> {
    const mixed = new Float32Array((end - first) * this.#pins);
    for (const { method, weight } of this.#parts) {
      const scores = await method.scores(task, first, end, options);
      standardize(scores, this.#pins);
      for (let i = 0; i < scores.length; i++) mixed[i] += weight * scores[i];
    }
    return mixed;
  }
}
