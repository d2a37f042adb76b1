/** Ranges of whole numbers that follow one another, from their lower ends; the last one is open. */
export class Bins {
  readonly #from: readonly number[];

  /** @param from lower ends, ascending */
  constructor(from: readonly number[]) {
    this.#from = from;
  }

  /** `0`, `1–2`, `over 100` */
  get labels(): string[] {
    return this.#from.map((low, i) => {
      const next = this.#from[i + 1];
      if (next === undefined) return `over ${low - 1}`;
      return next - 1 === low ? String(low) : `${low}–${next - 1}`;
    });
  }

  /** The range that a value is in; −1 when it is below all. */
  of(value: number): number {
    return this.#from.findLastIndex((low) => value >= low);
  }
}
