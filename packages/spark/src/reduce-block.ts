import type { PinSage } from '@pinsage/model';
import { checkInteger, PinSageError } from '@pinsage/native';
import * as tf from '@tensorflow/tfjs-core';
import type { RecordBatch } from 'apache-arrow';
import {
  batchOf,
  intListColumn,
  intLists,
  ints,
  type Lists,
  longColumn,
  longs,
  targetLists,
  Vectors,
  vectorColumn,
} from './columns.js';
import { represented } from './map-pins.js';
import { Pooled } from './pooled.js';
import { tidied } from './tidied.js';

/**
 * The kinds of a block's rows. First come those of its pins, ascending: OWN, and then INPUT where h0 is another vector. Then those of
 * their neighbours, ascending: TARGETS, and then SEEN.
 */
const OWN = 0;
const INPUT = 1;
const TARGETS = 2;
const SEEN = 3;

/** Pins that are computed, and sent on, at once. */
const PIECE = 4096;

/** What `reduceBlock` does with a block. */
export interface Reduction {
  model: PinSage;
  /** Undefined: neighbours are pooled, and no more. */
  layer?: number;
}

/**
 * The rows of a block to the next representation of its pins: columns `kind`, `pin`, `blocks` (where a pin is wanted next; of OWN),
 * `vector` (h of OWN, h0 of INPUT, a neighbour as it is seen of SEEN) and `targets` (the block's pins that a neighbour counts for; of
 * TARGETS). Memory depends on the pins of the block, and not on their neighbours.
 */
export async function* reduceBlock(
  batches: AsyncIterable<RecordBatch>,
  reduction: Reduction,
): AsyncGenerator<RecordBatch> {
  const block = new Block(reduction);
  for await (const batch of batches) block.read(batch);
  yield* block.finish();
}

class Block {
  readonly #model: PinSage;
  readonly #layer: number | undefined;
  readonly #pins: number[] = [];
  readonly #places = new Map<number, number>();
  readonly #blocks: Int32Array[] = [];
  readonly #h: Rows;
  /** Undefined when a pin's h0 is its h, or is not needed. */
  readonly #h0: Rows | undefined;
  #pooled: Pooled | undefined;
  /** Of the row before: its place in the order, and the pins that wait for its vector. */
  #last = { kind: -1, pin: -1 };
  #targets: { pins: Int32Array; weights: Float32Array } | undefined;

  constructor({ model, layer }: Reduction) {
    const { width, layers, residual } = model.config;
    if (layer !== undefined) checkInteger('layer', layer, 0, layers - 1);
    this.#model = model;
    this.#layer = layer;
    this.#h = new Rows(width);
    if (residual && layer !== undefined && layer > 0 && layer + 1 === layers) this.#h0 = new Rows(width);
  }

  read(batch: RecordBatch): void {
    const kinds = ints(batch, 'kind');
    const pins = longs(batch, 'pin');
    const blocks = intLists(batch, 'blocks');
    const vectors = new Vectors(batch, 'vector');
    const targets = targetLists(batch, 'targets');
    for (const [row, kind] of kinds.entries()) {
      const pin = pins[row];
      this.#checkOrder(kind, pin);
      if (kind === OWN) this.#own(pin, slice(blocks, row), vectors, row);
      else if (kind === INPUT) this.#h0?.add(vectors, row);
      else if (kind === TARGETS) this.#targets = this.#locate(targets, row);
      else this.#seen(pin, vectors, row);
      this.#last = { kind, pin };
    }
  }

  *finish(): Generator<RecordBatch> {
    if (this.#targets !== undefined) this.#refuse(`pin ${this.#last.pin} is a neighbour and has no vector`);
    if (this.#h0 !== undefined && this.#h0.count !== this.#pins.length)
      this.#refuse(`${this.#pins.length} pins have ${this.#h0.count} inputs`);
    const { hidden } = this.#model.config;
    const pooled = (this.#pooled ?? this.#pool()).finish();
    for (let begin = 0; begin < this.#pins.length; begin += PIECE) {
      const end = Math.min(begin + PIECE, this.#pins.length);
      yield this.#piece(begin, end, pooled.subarray(begin * hidden, end * hidden));
    }
  }

  #own(pin: number, blocks: Int32Array, vectors: Vectors, row: number): void {
    this.#places.set(pin, this.#pins.length);
    this.#pins.push(pin);
    this.#blocks.push(blocks);
    if (this.#layer !== undefined) this.#h.add(vectors, row);
  }

  #seen(pin: number, vectors: Vectors, row: number): void {
    if (this.#targets === undefined) this.#refuse(`pin ${pin} has a vector that no pin wants`);
    const { hidden } = this.#model.config;
    this.#pooled ??= this.#pool();
    const { pins, weights } = this.#targets;
    this.#pooled.add((rows, place) => vectors.copy(row, rows, place, hidden), pins, weights);
    this.#targets = undefined;
  }

  #pool(): Pooled {
    const { hidden, aggregator } = this.#model.config;
    return new Pooled(this.#pins.length, hidden, aggregator);
  }

  #piece(begin: number, end: number, pooled: Float32Array): RecordBatch {
    const { width, hidden } = this.#model.config;
    const pins = Float64Array.from(this.#pins.slice(begin, end));
    const blocks = concatenated(this.#blocks.slice(begin, end));
    const layer = this.#layer;
    if (layer === undefined)
      return batchOf({ pin: longColumn(pins), blocks: intListColumn(blocks), seen: vectorColumn(pooled, hidden) });
    return tidied(() => {
      const own = this.#h.tensor(begin, end);
      const h = this.#model.combine(layer, own, tf.tensor2d(pooled, [end - begin, hidden]));
      const h0 = this.#h0?.tensor(begin, end) ?? (layer === 0 ? own : tf.zeros([end - begin, width]));
      return represented(pins, blocks, h, h0 as tf.Tensor2D, layer + 1, this.#model);
    });
  }

  #locate(
    { offsets, items }: ReturnType<typeof targetLists>,
    row: number,
  ): { pins: Int32Array; weights: Float32Array } {
    const [begin, end] = [offsets[row], offsets[row + 1]];
    const pins = new Int32Array(end - begin);
    for (let i = 0; i < pins.length; ++i) {
      const place = this.#places.get(items.pins[begin + i]);
      if (place === undefined) this.#refuse(`pin ${items.pins[begin + i]} has neighbours and is not in its block`);
      pins[i] = place;
    }
    return { pins, weights: items.weights.slice(begin, end) };
  }

  #checkOrder(kind: number, pin: number): void {
    const { kind: lastKind, pin: lastPin } = this.#last;
    if (!(kind >= OWN && kind <= SEEN)) this.#refuse(`a row is of kind ${kind}`);
    const [part, lastPart] = [kind >= TARGETS, lastKind >= TARGETS];
    const ascends = part === lastPart ? pin > lastPin || (pin === lastPin && kind > lastKind) : part;
    if (!ascends && lastKind >= 0) this.#refuse(`pin ${pin} (${kind}) comes after pin ${lastPin} (${lastKind})`);
    if (this.#targets !== undefined && !(kind === SEEN && pin === lastPin))
      this.#refuse(`pin ${lastPin} is a neighbour and has no vector`);
    if (kind === INPUT && !(lastKind === OWN && pin === lastPin)) this.#refuse(`pin ${pin} has an input and no vector`);
  }

  #refuse(reason: string): never {
    throw new PinSageError('INVALID_ARGUMENT', `The rows of the block cannot be used: ${reason}.`);
  }
}

/** Vectors of `width` numbers, one after the other. */
class Rows {
  readonly #width: number;
  #values: Float32Array;
  count = 0;

  constructor(width: number) {
    this.#width = width;
    this.#values = new Float32Array(width * PIECE);
  }

  add(vectors: Vectors, row: number): void {
    if (this.count * this.#width === this.#values.length) {
      const larger = new Float32Array(2 * this.#values.length);
      larger.set(this.#values);
      this.#values = larger;
    }
    vectors.copy(row, this.#values, this.count++, this.#width);
  }

  tensor(begin: number, end: number): tf.Tensor2D {
    return tf.tensor2d(this.#values.subarray(begin * this.#width, end * this.#width), [end - begin, this.#width]);
  }
}

/** A copy: the batch's memory goes. */
function slice({ offsets, items }: Lists<Int32Array>, row: number): Int32Array {
  return items.slice(offsets[row], offsets[row + 1]);
}

function concatenated(lists: Int32Array[]): Lists<Int32Array> {
  const offsets = new Int32Array(lists.length + 1);
  for (const [i, list] of lists.entries()) offsets[i + 1] = offsets[i] + list.length;
  const items = new Int32Array(offsets[lists.length]);
  for (const [i, list] of lists.entries()) items.set(list, offsets[i]);
  return { offsets, items };
}
