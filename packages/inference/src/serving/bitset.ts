/** A bit a row: bit `row & 7` of byte `row >> 3`. */
export function emptyBitset(rows: number): Uint8Array {
  return new Uint8Array(Math.ceil(rows / 8));
}

export function has(bits: Uint8Array, row: number): boolean {
  return (bits[row >>> 3] & (1 << (row & 7))) !== 0;
}

export function add(bits: Uint8Array, row: number): void {
  bits[row >>> 3] |= 1 << (row & 7);
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
