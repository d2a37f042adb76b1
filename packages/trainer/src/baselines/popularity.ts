import type { Graph } from '@pinsage/native';
import { EmbeddingMethod } from '../embedding-method.js';

/** The pins on most boards, the same for everybody. */
export class Popularity extends EmbeddingMethod {
  constructor(graph: Graph) {
    // Vectors of one number, degree + 1: their order by inner product with any positive query is the order by degree.
    super(
      'popularity',
      Float32Array.from(graph.pinDegrees(), (degree) => degree + 1),
      1,
    );
  }
}
