import type { Dataset } from '@pinsage/graph';
import { gatherFeatures } from '@pinsage/native';
import { listOf } from '../lists.js';
import { ScoredMethod } from '../scored-method.js';
import type { Task } from '../tasks.js';
import { type ContentVectors, DenseVectors, joinBags } from './content-vectors.js';

/**
 * Content nearest neighbours: cosine of a pin's content, which is its tf-idf texts, categories and dense vectors side by side, each
 * of length 1. A query of several pins is the sum of their vectors. Numbers are not looked at: they have no cosine.
 */
export class Content extends ScoredMethod {
  readonly name = 'content';
  readonly #parts: ContentVectors[];
  /** [pins] 1 / length of the pin's vector; 0 for a pin without content. */
  readonly #scale: Float32Array;

  private constructor(parts: ContentVectors[], scale: Float32Array) {
    super(scale.length);
    this.#parts = parts;
    this.#scale = scale;
  }

  /** undefined when the dataset has no text, category or dense feature. */
  static async create(dataset: Dataset): Promise<Content | undefined> {
    const features = dataset.features.filter((feature) => feature.kind !== 'number');
    if (features.length === 0) return undefined;
    const pins = Uint32Array.from({ length: dataset.pins }, (_, pin) => pin);
    const gathered = await gatherFeatures(
      features.map((feature) => dataset.source(feature)),
      pins,
    );
    const bags = gathered.flatMap((bag, i) => (bag.kind === 'bag' ? [{ bag, width: features[i].buckets! }] : []));
    const dense = gathered.flatMap((feature) => (feature.kind === 'dense' ? [new DenseVectors(feature)] : []));
    const scale = new Float32Array(dataset.pins);
    for (let pin = 0; pin < dataset.pins; pin++) {
      const own = bags.filter(({ bag }) => bag.offsets[pin + 1] > bag.offsets[pin]).length;
      const filled = own + dense.filter((vectors) => vectors.has(pin)).length;
      scale[pin] = filled === 0 ? 0 : 1 / Math.sqrt(filled);
    }
    return new Content(bags.length > 0 ? [joinBags(bags, dataset.pins), ...dense] : dense, scale);
  }

  async scores(task: Task, first: number, end: number): Promise<Float32Array> {
    const pins = this.#scale.length;
    const scores = new Float32Array((end - first) * pins);
    const queries = Array.from({ length: end - first }, (_, i) => listOf(task.members, first + i));
    for (const part of this.#parts) {
      const products = part.products(queries);
      const values = await products.data();
      products.dispose();
      for (let query = 0; query < queries.length; query++) {
        const row = query * pins;
        for (let pin = 0; pin < pins; pin++) scores[row + pin] += values[row + pin] * this.#scale[pin];
      }
    }
    return scores;
  }
}
