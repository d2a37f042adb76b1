import { setImmediate } from 'node:timers/promises';

/** A range of pins. */
export interface Block {
  begin: number;
  end: number;
}

/**
 * Blocks of [0, count) with what `load` gives for them. The next block is loading, natively, while the caller works on this one;
 * between two blocks the event loop runs.
 */
export async function* loadAhead<T>(
  count: number,
  size: number,
  load: (block: Block) => Promise<T>,
): AsyncGenerator<[Block, T]> {
  const block = (begin: number): Block => ({ begin, end: Math.min(begin + size, count) });
  const start = (begin: number): Promise<T> | undefined => {
    if (begin >= count) return undefined;
    const loading = load(block(begin));
    // It is awaited a block later; until then its failure is not an unhandled one.
    loading.catch(() => {});
    return loading;
  };
  let next = start(0);
  try {
    for (let begin = 0; begin < count; begin += size) {
      const current = await next!;
      next = start(begin + size);
      yield [block(begin), current];
      await setImmediate();
    }
  } finally {
    // When the caller stops early: what still loads may read memory that the caller gives back next.
    await next?.catch(() => {});
  }
}

export function pinsOf({ begin, end }: Block): Uint32Array {
  return Uint32Array.from({ length: end - begin }, (_, i) => begin + i);
}
