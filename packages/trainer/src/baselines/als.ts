import { type AlsOptions, alsFoldIn, type Graph, type TaskOptions } from '@pinsage/native';
import { EmbeddingMethod } from '../embedding-method.js';
import type { Lists } from '../lists.js';
import type { ScoreOptions } from '../method.js';

/** Confidence as in the paper; the regularisation that was best on the Tate collection's validation edges. */
const OPTIONS: AlsOptions = { factors: 256, iterations: 15, confidence: 40, regularization: 10 };

/**
 * Implicit matrix factorisation (Hu, Koren and Volinsky 2008): factors of pins and boards by alternating least squares, see
 * Graph.implicitAls. A query is folded in as a board that holds its pins.
 */
export class Als extends EmbeddingMethod {
  readonly #factors: Float32Array;

  private constructor(factors: Float32Array) {
    super('als', factors, OPTIONS.factors as number);
    this.#factors = factors;
  }

  static async create(graph: Graph, options: TaskOptions): Promise<Als> {
    return new Als(await graph.implicitAls({ ...OPTIONS, ...options }));
  }

  protected override queries(members: Lists, options: Omit<ScoreOptions, 'seed'>): Promise<Float32Array> {
    return alsFoldIn(this.#factors, members, { ...OPTIONS, ...options });
  }
}
