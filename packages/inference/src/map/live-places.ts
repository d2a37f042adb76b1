import type { Embeddings } from '../embeddings.js';
import type { Catalogue } from '../serving/catalogue.js';
import type { PinIndex } from '../serving/pin-index.js';
import { type Landmarks, NOWHERE } from './landmarks.js';
import { landmarksOf, type PlacedPins } from './place-pins.js';

/** Pins that are placed before other work has a turn. */
const BLOCK = 256;

/**
 * The map of pins that change: those that were added are placed among the landmarks when somebody looks, and removed ones are nowhere.
 * A pin that came onto other boards stays where it is.
 */
export class LivePlaces {
  readonly #placed: PlacedPins;
  readonly #embeddings: Embeddings;
  #landmarks?: Landmarks;
  /** Of the rows that follow those of the embeddings, [n, 2]. */
  #added = new Uint16Array(0);
  #last?: { rows: number; removed: number; positions: Uint16Array };

  /** @param placed The pins of these embeddings. */
  constructor(placed: PlacedPins, embeddings: Embeddings) {
    this.#placed = placed;
    this.#embeddings = embeddings;
  }

  /**
   * x and y of every row in turn, [rows, 2]; 65,535 both where the pin was removed. The same array as long as nothing has changed.
   */
  async now({ catalogue, index }: { catalogue: Catalogue; index: PinIndex }): Promise<Uint16Array> {
    const base = this.#placed.positions;
    let added = this.#added;
    for (let block = this.#block(catalogue, index, added); block !== undefined; ) {
      this.#landmarks ??= landmarksOf(this.#placed, this.#embeddings.vectors, this.#embeddings.width);
      const places = await this.#landmarks.place(block, (base.length + added.length) / 2);
      added = joined(added, places);
      block = this.#block(catalogue, index, added);
    }
    this.#added = added;
    const rows = (base.length + added.length) / 2;
    const removed = catalogue.rows - catalogue.alive;
    if (this.#last?.rows === rows && this.#last.removed === removed) return this.#last.positions;
    const positions = added.length === 0 && removed === 0 ? base : joined(base, added);
    for (let row = 0; removed > 0 && row < rows; row++) {
      if (!catalogue.isAlive(row)) positions.fill(NOWHERE, 2 * row, 2 * row + 2);
    }
    this.#last = { rows, removed, positions };
    return positions;
  }

  /** The vectors of the next pins that have no place, if any. A removed one has no vector, and any place will do for it. */
  #block(catalogue: Catalogue, index: PinIndex, added: Uint16Array): Float32Array | undefined {
    const begin = (this.#placed.positions.length + added.length) / 2;
    const end = Math.min(catalogue.rows, begin + BLOCK);
    const vectors: Float32Array[] = [];
    for (let row = begin; row < end; row++) {
      const vector = index.of(row);
      if (vector.length === 0 && catalogue.isAlive(row)) break; // it is being added at this moment
      vectors.push(vector);
    }
    if (vectors.length === 0) return undefined;
    const block = new Float32Array(vectors.length * index.width);
    vectors.forEach((vector, i) => {
      block.set(vector, i * index.width);
    });
    return block;
  }
}

function joined(first: Uint16Array, second: Uint16Array): Uint16Array<ArrayBuffer> {
  const result = new Uint16Array(first.length + second.length);
  result.set(first);
  result.set(second, first.length);
  return result;
}
