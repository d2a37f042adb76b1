import { forEachEdge } from './edge-walk.js';
import { type HoldOutState, TEST, VALIDATION } from './hold-out.js';

/**
 * Leave one out (Kang and McAuley's SASRec, 2018; DGL's PinSage example): of every board the last edge is for the test, and the one
 * before it for validation. Where times are the same, the larger pin is later. Boards of fewer than three edges keep them.
 *
 * @param times in the order of the boards' rows
 */
export function markLastOfBoards({ graph, part, isCold }: HoldOutState, times: BigInt64Array): void {
  const { boardOffsets, boardPins } = graph.arrays;
  for (let board = 0; board < graph.boards; board++) {
    let [last, beforeLast, warm] = [-1, -1, 0];
    for (let slot = Number(boardOffsets[board]); slot < Number(boardOffsets[board + 1]); slot++) {
      if (isCold[boardPins[slot]] === 1) continue;
      warm++;
      if (last === -1 || times[slot] >= times[last]) [last, beforeLast] = [slot, last];
      else if (beforeLast === -1 || times[slot] >= times[beforeLast]) beforeLast = slot;
    }
    if (warm < 3) continue;
    part[last] = TEST;
    part[beforeLast] = VALIDATION;
  }
}

/**
 * One time for all boards: edges at the cutoff or later are for the test, and the last `validation` of all edges before it for
 * validation. Edges of one time are never parted, so that nothing in one part is as late as what is in the next. Without a cutoff it is
 * the time that leaves a share of `test` of the edges after it.
 */
export function markAfterCutoff({ graph, part, isCold, options }: HoldOutState): void {
  const { pinOffsets, times } = graph.arrays as { pinOffsets: BigUint64Array; times: BigInt64Array };
  const warm = new WarmTimes(times, pinOffsets, isCold);
  const n = warm.count;
  /** The time of edge number i, later than all at the end. */
  const timeAt = (i: number) => (i < n ? warm.inOrder(i) : 2n ** 63n);
  const end = options.cutoff === undefined ? timeAt(n - Math.round(options.test * n)) : BigInt(options.cutoff);
  const before = warm.countBefore(end);
  const start = timeAt(Math.max(0, before - Math.round(options.validation * n)));
  forEachEdge(graph, (_pin, _board, edge, slot) => {
    const time = times[edge];
    if (time >= end) part[slot] = TEST;
    else if (time >= start) part[slot] = VALIDATION;
  });
}

/** The times of the edges of pins that are not cold, which are read again for each question instead of being sorted. */
class WarmTimes {
  /** The halves of each time, low and high. */
  readonly #low: Uint32Array;
  readonly #high: Int32Array;
  readonly #offsets: Float64Array;
  readonly #isCold: Uint8Array;
  readonly count: number;

  constructor(times: BigInt64Array, offsets: BigUint64Array, isCold: Uint8Array) {
    this.#low = new Uint32Array(times.buffer, times.byteOffset, 2 * times.length);
    this.#high = new Int32Array(times.buffer, times.byteOffset, 2 * times.length);
    this.#offsets = Float64Array.from(offsets, Number);
    this.#isCold = isCold;
    let count = 0;
    this.#forEach(() => {
      count++;
    });
    this.count = count;
  }

  /** The time number `place` in ascending order. */
  inOrder(place: number): bigint {
    // The highest 16 bits first: in each round, those of the times that share what is known of the wanted one.
    let rest = place;
    const digits: number[] = [];
    for (let round = 0; round < 4; round++) {
      const counts = new Float64Array(2 ** 16);
      this.#forEach((high, low) => {
        const all = [(high >>> 16) ^ 0x8000, high & 0xffff, low >>> 16, low & 0xffff];
        if (digits.every((digit, i) => digit === all[i])) counts[all[round]]++;
      });
      let digit = 0;
      for (; rest >= counts[digit]; digit++) rest -= counts[digit];
      digits.push(digit);
    }
    const [a, b, c, d] = digits.map(BigInt);
    return BigInt.asIntN(64, ((a ^ 0x8000n) << 48n) | (b << 32n) | (c << 16n) | d);
  }

  /** How many are earlier. */
  countBefore(time: bigint): number {
    if (time >= 2n ** 63n) return this.count;
    const [limitHigh, limitLow] = [Number(time >> 32n), Number(time & 0xffff_ffffn)];
    let count = 0;
    this.#forEach((high, low) => {
      if (high < limitHigh || (high === limitHigh && low < limitLow)) count++;
    });
    return count;
  }

  #forEach(use: (high: number, low: number) => void): void {
    for (let pin = 0; pin < this.#isCold.length; pin++) {
      if (this.#isCold[pin] === 1) continue;
      for (let edge = this.#offsets[pin]; edge < this.#offsets[pin + 1]; edge++) {
        use(this.#high[2 * edge + 1], this.#low[2 * edge]);
      }
    }
  }
}
