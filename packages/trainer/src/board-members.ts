import { type CsrArrays, largeArray } from '@pinsage/native';

/** The boards' pins, in the order of their edges' times when those are asked for, else of their ids. */
export class BoardMembers {
  /** [boards + 1] */
  readonly offsets: Float64Array;
  /** [edges] */
  readonly pins: Uint32Array;
  /** [edges] in the order of pins, ascending within a board. Absent when times are not looked at. */
  readonly times?: Float64Array;

  constructor(arrays: CsrArrays, withTimes: boolean) {
    this.offsets = Float64Array.from(arrays.boardOffsets, Number);
    if (withTimes && arrays.times) [this.pins, this.times] = inOrderOfTime(arrays, this.offsets, arrays.times);
    else this.pins = arrays.boardPins;
  }

  size(board: number): number {
    return this.offsets[board + 1] - this.offsets[board];
  }
}

function inOrderOfTime(arrays: CsrArrays, offsets: Float64Array, times: BigInt64Array): [Uint32Array, Float64Array] {
  const pins = largeArray(Uint32Array, times.length);
  const sorted = largeArray(Float64Array, times.length);
  const next = offsets.slice();
  // Pins ascend, so that a board's edges arrive in the order of pins: a stable sort leaves ties in that order.
  for (let pin = 0; pin + 1 < arrays.pinOffsets.length; pin++) {
    for (let edge = Number(arrays.pinOffsets[pin]); edge < Number(arrays.pinOffsets[pin + 1]); edge++) {
      const slot = next[arrays.pinBoards[edge]]++;
      pins[slot] = pin;
      sorted[slot] = Number(times[edge]);
    }
  }
  for (let board = 0; board + 1 < offsets.length; board++) {
    const [start, end] = [offsets[board], offsets[board + 1]];
    const [rowPins, rowTimes] = [pins.slice(start, end), sorted.slice(start, end)];
    const order = rowPins.map((_, i) => i).sort((a, b) => rowTimes[a] - rowTimes[b]);
    for (let i = 0; i < order.length; i++) {
      pins[start + i] = rowPins[order[i]];
      sorted[start + i] = rowTimes[order[i]];
    }
  }
  return [pins, sorted];
}
