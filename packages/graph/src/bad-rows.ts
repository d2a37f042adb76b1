import { PinSageError } from '@pinsage/native';

/** A row of an input that cannot be used. */
export interface BadRow {
  /** The file, or the query. */
  source: string;
  /** The line of a text file, counted from 1. */
  line?: number;
  /** The row of anything else, counted from 1. */
  row?: number;
  reason: string;
}

/** How many of the bad rows are kept to be shown. */
export const SHOWN = 10;

/** Bad rows of all inputs of an import: counted, and the first few kept. */
export class BadRows {
  readonly shown: BadRow[] = [];
  count = 0;
  #notFinite = false;

  /** `count` rows, of which `examples` are the first ones. */
  add(count: number, examples: (BadRow & { notFinite?: boolean })[]): void {
    this.count += count;
    for (const { notFinite, ...example } of examples) {
      this.#notFinite ||= notFinite === true;
      if (this.shown.length < SHOWN) this.shown.push(example);
    }
  }

  /** @throws NOT_FINITE when one of those shown is a NaN or infinity, BAD_ROWS when there are others. */
  throwIfAny(): void {
    if (this.count === 0) return;
    const rows = this.count === 1 ? '1 bad row' : `${this.count} bad rows`;
    const more = this.count > this.shown.length ? [`  and ${this.count - this.shown.length} more`] : [];
    const message = [
      `${rows}; nothing was imported. Mend the input, or leave such rows out with skipBadRows (--skip-bad-rows).`,
      ...this.shown.map((row) => `  ${describe(row)}`),
      ...more,
    ].join('\n');
    throw new PinSageError(this.#notFinite ? 'NOT_FINITE' : 'BAD_ROWS', message, { value: this.shown });
  }
}

/** `edges.csv:17: it has no pin` */
export function describe({ source, line, row, reason }: BadRow): string {
  if (line !== undefined) return `${source}:${line}: ${reason}`;
  return row === undefined ? `${source}: ${reason}` : `${source}, row ${row}: ${reason}`;
}
