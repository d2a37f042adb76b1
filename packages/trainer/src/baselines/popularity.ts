import type { Graph } from '@pinsage/native';
import { EmbeddingMethod } from '../embedding-method.js';
import type { Method, Ranking, RankingOptions } from '../method.js';
import type { Task } from '../tasks.js';

/** The pins on most boards, the same for everybody. */
export class Popularity implements Method {
  readonly name = 'popularity';
  readonly #degrees: EmbeddingMethod;

  constructor(graph: Graph) {
    // Vectors of one number, degree + 1: their order by inner product with any positive query is the order by degree.
    const vectors = Float32Array.from(graph.pinDegrees(), (degree) => degree + 1);
    this.#degrees = new EmbeddingMethod(this.name, vectors, 1);
  }

  rank(task: Task, options: RankingOptions): Promise<Ranking> {
    return this.#degrees.rank(task, options);
  }
}
