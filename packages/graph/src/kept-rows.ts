import { setImmediate } from 'node:timers/promises';
import { PinSageError } from '@pinsage/native';

/** Rows [begin, end) that stay, and where they come to stand. */
export interface KeptRows {
  begin: number;
  end: number;
  to: number;
}

/** Rows that are worked on without a break. */
const AT_ONCE = 2 ** 16;

/** The rows [0, count) without the removed ones, in pieces of rows that follow one another. */
export function keptRows(count: number, removed: Iterable<number>): KeptRows[] {
  const pieces: KeptRows[] = [];
  let begin = 0;
  let to = 0;
  for (const stop of [...[...removed].sort((a, b) => a - b), count]) {
    for (; begin < stop; begin = pieces.at(-1)!.end) {
      const end = Math.min(stop, begin + AT_ONCE);
      pieces.push({ begin, end, to });
      to += end - begin;
    }
    begin = stop + 1;
  }
  return pieces;
}

/** Where a row that stays comes to stand. */
export function placeOf(pieces: KeptRows[], row: number): number {
  let low = 0;
  for (let high = pieces.length; high - low > 1; ) {
    const middle = (low + high) >> 1;
    if (pieces[middle].begin <= row) low = middle;
    else high = middle;
  }
  return pieces[low].to + row - pieces[low].begin;
}

export function countRows(pieces: KeptRows[]): number {
  const { begin, end, to } = pieces.at(-1) ?? { begin: 0, end: 0, to: 0 };
  return to + end - begin;
}

/** Does something with each piece; between two, the event loop runs. @throws ABORTED */
export async function forEachPiece(
  pieces: KeptRows[],
  signal: AbortSignal | undefined,
  work: (piece: KeptRows) => void,
): Promise<void> {
  for (const piece of pieces) {
    if (signal?.aborted) throw new PinSageError('ABORTED', 'The call was aborted.', { cause: signal.reason });
    work(piece);
    await setImmediate();
  }
}
