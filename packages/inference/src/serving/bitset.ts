/** No row of `rows`. A bitset holds a bit a row: bit `row & 7` of byte `row >> 3`. */
export function emptyBitset(rows: number): Uint8Array {
  return new Uint8Array(Math.ceil(rows / 8));
}

/** All rows below `rows`. */
export function fullBitset(rows: number): Uint8Array {
  const bits = emptyBitset(rows).fill(0xff);
  if (rows % 8 !== 0) bits[bits.length - 1] = (1 << (rows % 8)) - 1;
  return bits;
}

export function has(bits: Uint8Array, row: number): boolean {
  return (bits[row >>> 3] & (1 << (row & 7))) !== 0;
}

export function add(bits: Uint8Array, row: number): void {
  bits[row >>> 3] |= 1 << (row & 7);
}

export function remove(bits: Uint8Array, row: number): void {
  bits[row >>> 3] &= ~(1 << (row & 7));
}

/** The rows that both hold; undefined stands for all rows. */
export function intersection(a: Uint8Array | undefined, b: Uint8Array | undefined): Uint8Array | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return a.subarray(0, Math.min(a.length, b.length)).map((byte, i) => byte & b[i]);
}

/** The rows of a bitset, ascending; undefined when there are more than `most`. */
export function rowsIn(bits: Uint8Array, most: number): Uint32Array | undefined {
  const rows: number[] = [];
  for (let byte = 0; byte < bits.length; ++byte) {
    if (bits[byte] === 0) continue;
    for (let bit = 0; bit < 8; ++bit) if (bits[byte] & (1 << bit)) rows.push(byte * 8 + bit);
    if (rows.length > most) return undefined;
  }
  return Uint32Array.from(rows);
}
