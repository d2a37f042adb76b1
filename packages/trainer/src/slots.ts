import type { BoardMembers } from './board-members.js';
import type { RandomStream } from './random.js';

/** A random slot of [start, end) that is accepted: by rejection first, then by looking at all of them from a random one on. */
export function pickSlot(
  random: RandomStream,
  start: number,
  end: number,
  accept: (slot: number) => boolean,
): number | undefined {
  const size = end - start;
  if (size === 0) return undefined;
  for (let attempt = 0; attempt < 16; attempt++) {
    const slot = start + random.below(size);
    if (accept(slot)) return slot;
  }
  const first = random.below(size);
  for (let i = 0; i < size; i++) {
    const slot = start + ((first + i) % size);
    if (accept(slot)) return slot;
  }
  return undefined;
}

/** The first of the slots [first, item) of a board's members, in order of time, that came at most `window` before the item. */
export function windowStart(times: Float64Array, first: number, item: number, window: number | null): number {
  if (window === null) return first;
  let start = item;
  while (start > first && times[start - 1] >= times[item] - window) start -= 1;
  return start;
}

/** The last `count` slots of [start, item) that are accepted, the latest first. */
export function previousSlots(start: number, item: number, count: number, accept: (slot: number) => boolean): number[] {
  const slots: number[] = [];
  for (let slot = item - 1; slot >= start && slots.length < count; slot--) {
    if (accept(slot)) slots.push(slot);
  }
  return slots;
}

/** A row of pairs: the item, and the query's slots, of which there is at least one. */
export function writePair(
  pairs: { width: number; queries: Uint32Array; counts: Uint32Array; items: Uint32Array; boards: Uint32Array },
  row: number,
  { pins }: BoardMembers,
  { board, item, query }: { board: number; item: number; query: number[] },
): void {
  pairs.boards[row] = board;
  pairs.items[row] = pins[item];
  pairs.counts[row] = query.length;
  for (let i = 0; i < pairs.width; i++) pairs.queries[row * pairs.width + i] = pins[query[i] ?? query[0]];
}
