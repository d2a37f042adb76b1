import { rankVectors, searchVectors } from '@pinsage/native';
import * as tf from '@tensorflow/tfjs-core';
import { type Lists, listCount, listOf, sliceLists } from './lists.js';
import type { Method, Ranking, RankingOptions, ScoreOptions } from './method.js';
import type { Task } from './tasks.js';

/** Nearest embeddings by inner product; a query of several pins is their mean. */
export class EmbeddingMethod implements Method {
  readonly name: string;
  readonly #vectors: Float32Array;
  readonly #width: number;

  /** @param vectors [pins, width] */
  constructor(name: string, vectors: Float32Array, width: number) {
    this.name = name;
    this.#vectors = vectors;
    this.#width = width;
  }

  /** [lists, width] */
  protected async queries(members: Lists, _options: Omit<ScoreOptions, 'seed'>): Promise<Float32Array> {
    return meanVectors(this.#vectors, this.#width, members);
  }

  async rank(task: Task, { top, signal, threads }: RankingOptions): Promise<Ranking> {
    const queries = await this.queries(task.members, { signal, threads });
    const { exclude, allowed, targets } = task;
    const options = { width: this.#width, exclude, allowed, signal, threads };
    const ranks = await rankVectors(queries, this.#vectors, { ...options, targets });
    const { ids } = await searchVectors(queries, this.#vectors, { ...options, top });
    return { ranks, top: ids };
  }

  async scores(task: Task, first: number, end: number, { signal, threads }: ScoreOptions): Promise<Float32Array> {
    const queries = await this.queries(sliceLists(task.members, first, end), { signal, threads });
    const width = this.#width;
    const products = tf.tidy(() =>
      tf.matMul(
        tf.tensor2d(queries, [queries.length / width, width]),
        tf.tensor2d(this.#vectors, [this.#vectors.length / width, width]),
        false,
        true,
      ),
    );
    const scores = (await products.data()) as Float32Array;
    products.dispose();
    return scores;
  }
}

/** [lists, width] The mean of each list's vectors, of length 1: the query of a home feed. */
export function meanVectors(vectors: Float32Array, width: number, lists: Lists): Float32Array {
  const means = new Float32Array(listCount(lists) * width);
  const sum = new Float64Array(width);
  for (let list = 0; list < listCount(lists); list++) {
    sum.fill(0);
    for (const pin of listOf(lists, list)) {
      for (let i = 0; i < width; i++) sum[i] += vectors[pin * width + i];
    }
    const length = Math.sqrt(sum.reduce((total, value) => total + value * value, 0)) || 1;
    for (let i = 0; i < width; i++) means[list * width + i] = sum[i] / length;
  }
  return means;
}
