/** A typed array that grows as values are pushed: for lists whose length only reading to the end tells. */
export class GrowingArray<T extends Uint32Array | Float32Array> {
  #values: T;
  #length = 0;

  constructor(type: { new (length: number): T }) {
    this.#values = new type(1024);
  }

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    if (this.#length === this.#values.length) {
      const larger = new (this.#values.constructor as { new (length: number): T })(this.#length * 2);
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
