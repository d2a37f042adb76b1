import { randomWords, searchVectors, type TaskOptions } from '@pinsage/native';
import type { Places } from './layout.js';
import { normalised } from './place-by-umap.js';

/** A coordinate that no pin on the map has. Those are from 0 to one less. */
export const NOWHERE = 2 ** 16 - 1;
/** Landmarks that a pin is placed among. */
const NEAREST = 6;
/** Of the cosines: a landmark that is this much further away counts 1 / e. */
const TEMPERATURE = 0.04;

/** Vectors whose places in the plane are known, among which others are placed. */
export class Landmarks {
  readonly #directions: Float32Array;
  readonly #width: number;
  readonly #places: Places;

  /** @param vectors [n, width] */
  constructor(vectors: Float32Array, width: number, places: Places) {
    this.#directions = normalised(vectors, width);
    this.#width = width;
    this.#places = places;
  }

  /**
   * Places vectors [n, width]: each goes to the mean of its nearest landmarks' places, weighted by exp(cosine / temperature), and from
   * there a small random step, so that alike pins do not hide one another.
   *
   * @param row Of the first in the map; the steps depend on the rows alone
   * @returns x and y of each in turn, [n, 2]
   */
  async place(
    vectors: Float32Array,
    row: number,
    { signal, threads }: Pick<TaskOptions, 'signal' | 'threads'> = {},
  ): Promise<Uint16Array> {
    const width = this.#width;
    const count = vectors.length / width;
    const top = Math.min(NEAREST, this.#places.x.length);
    const directions = normalised(vectors, width);
    const { ids, scores } = await searchVectors(directions, this.#directions, { width, top, signal, threads });
    const words = randomWords(0n, [1, 0, row], 0, 4 * count); // four words a pin, by its row
    const positions = new Uint16Array(2 * count);
    for (let pin = 0; pin < count; pin++) {
      const near = {
        ids: ids.subarray(pin * top, (pin + 1) * top),
        scores: scores.subarray(pin * top, (pin + 1) * top),
      };
      place(positions.subarray(2 * pin), near, this.#places, words.subarray(4 * pin));
    }
    return positions;
  }
}

/** The weighted mean of the landmarks' places, and from there a random step that is no longer than they are spread. */
function place(
  position: Uint16Array,
  { ids, scores }: { ids: Uint32Array; scores: Float32Array },
  { x, y }: Places,
  words: Uint32Array,
): void {
  const weights = scores.map((score) => Math.exp((score - scores[0]) / TEMPERATURE));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const mean = (values: (landmark: number) => number) =>
    ids.reduce((total, landmark, i) => total + (weights[i] / sum) * values(landmark), 0);
  const [meanX, meanY] = [mean((landmark) => x[landmark]), mean((landmark) => y[landmark])];
  const spread = Math.sqrt(mean((landmark) => (x[landmark] - meanX) ** 2 + (y[landmark] - meanY) ** 2));
  const step = Math.min(Math.max(spread, NOWHERE / 400), NOWHERE / 60) * Math.sqrt(words[0] / 2 ** 32);
  const angle = (2 * Math.PI * words[1]) / 2 ** 32;
  position[0] = onMap(meanX + step * Math.cos(angle));
  position[1] = onMap(meanY + step * Math.sin(angle));
}

function onMap(value: number): number {
  return Math.min(Math.max(Math.round(value), 0), NOWHERE - 1);
}
