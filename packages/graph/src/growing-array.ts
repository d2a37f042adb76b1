import { type ArrayType, largeArray } from '@pinsage/native';

/** A typed array that grows as values are pushed: for lists whose length only reading to the end tells. */
export class GrowingArray<T extends Uint32Array | Float32Array> {
  readonly #type: ArrayType<T>;
  #values: T;
  #length = 0;

  constructor(type: ArrayType<T>) {
    this.#type = type;
    this.#values = largeArray(type, 1024);
  }

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    if (this.#length === this.#values.length) {
      const larger = largeArray(this.#type, this.#length * 2);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.#length++] = value;
  }

  /** What was pushed: a view. */
  values(): T {
    return this.#values.subarray(0, this.#length) as T;
  }
}
