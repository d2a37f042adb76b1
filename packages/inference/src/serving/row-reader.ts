type Row = Record<string, unknown>;

/**
 * Reads rows of a table for many callers. A read of a few rows takes as long as one of hundreds, so that all who come while one is going on
 * are answered together by the next.
 */
export class RowReader {
  readonly #read: (rows: number[]) => Promise<Row[]>;
  readonly #waiting = new Set<number>();
  #next?: Promise<Map<number, Row>>;
  #before: Promise<unknown> = Promise.resolve();

  /** @param read Gives the rows that it is asked for, in their order. An error goes to all who wait. */
  constructor(read: (rows: number[]) => Promise<Row[]>) {
    this.#read = read;
  }

  /** Rows in the order of the arguments. */
  async rows(wanted: number[]): Promise<Row[]> {
    if (wanted.length === 0) return [];
    for (const row of wanted) this.#waiting.add(row);
    this.#next ??= this.#afterTheOneBefore();
    const found = await this.#next;
    return wanted.map((row) => found.get(row)!);
  }

  #afterTheOneBefore(): Promise<Map<number, Row>> {
    const next = this.#before.then(async () => {
      const rows = [...this.#waiting];
      this.#waiting.clear();
      this.#next = undefined;
      const found = await this.#read(rows);
      return new Map(rows.map((row, i) => [row, found[i]]));
    });
    this.#before = next.catch(() => {});
    return next;
  }
}
