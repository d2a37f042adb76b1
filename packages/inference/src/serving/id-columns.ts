import type { ExternalId } from '@pinsage/graph';

/** Ids by row and rows by id. */
export interface IdColumn {
  /** The row of an id; -1 for one that is not there. Integers may be given as texts. */
  rowOf(id: ExternalId): number;
  idOf(row: number): ExternalId;
}

/**
 * A hash table of rows with open addressing: row + 1 at the first free place from its id's hash on, 0 where none is. Its size is a
 * power of two and at least twice the number of rows, so that a search looks at two or three places.
 */
export function makeTable(rows: number, hashOf: (row: number) => number): Uint32Array {
  let size = 2;
  while (size < 2 * rows) size *= 2;
  const table = new Uint32Array(size);
  for (let row = 0; row < rows; ++row) {
    let at = hashOf(row) & (size - 1);
    while (table[at] !== 0) at = (at + 1) & (size - 1);
    table[at] = row + 1;
  }
  return table;
}

function find(table: Uint32Array, hash: number, matches: (row: number) => boolean): number {
  const mask = table.length - 1;
  // A damaged table may have no free place.
  for (let step = 0; step <= mask; ++step) {
    const entry = table[(hash + step) & mask];
    if (entry === 0) return -1;
    if (matches(entry - 1)) return entry - 1;
  }
  return -1;
}

const CANONICAL = /^(0|-?[1-9]\d{0,18})$/;

/** Ids that are 64-bit integers; given out as numbers where those hold them. */
export class IntegerIds implements IdColumn {
  readonly #ids: BigInt64Array;
  /** The ids as low and high halves: comparing them makes no BigInt. */
  readonly #halves: Int32Array;
  readonly #table: Uint32Array;

  constructor(ids: BigInt64Array, table?: Uint32Array) {
    this.#ids = ids;
    this.#halves = new Int32Array(ids.buffer, ids.byteOffset, 2 * ids.length);
    this.#table = table ?? makeTable(ids.length, (row) => hashHalves(this.#halves[2 * row], this.#halves[2 * row + 1]));
  }

  get table(): Uint32Array {
    return this.#table;
  }

  rowOf(id: ExternalId): number {
    const value = typeof id === 'string' ? parseInteger(id) : id;
    let low: number;
    let high: number;
    if (typeof value === 'number') {
      if (!Number.isSafeInteger(value)) return -1;
      low = value | 0;
      high = Math.floor(value / 2 ** 32) | 0;
    } else if (typeof value === 'bigint' && BigInt.asIntN(64, value) === value) {
      low = Number(BigInt.asIntN(32, value));
      high = Number(value >> 32n);
    } else return -1;
    const halves = this.#halves;
    return find(this.#table, hashHalves(low, high), (row) => halves[2 * row] === low && halves[2 * row + 1] === high);
  }

  idOf(row: number): ExternalId {
    const number = this.#halves[2 * row + 1] * 2 ** 32 + (this.#halves[2 * row] >>> 0);
    return Number.isSafeInteger(number) ? number : this.#ids[row];
  }
}

/** An integer of 64 bits that is written as people do, a bigint where a number would lose digits; undefined for any other text. */
export function parseInteger(text: string): number | bigint | undefined {
  if (!CANONICAL.test(text)) return undefined;
  const number = Number(text);
  if (Number.isSafeInteger(number)) return number;
  const integer = BigInt(text);
  return BigInt.asIntN(64, integer) === integer ? integer : undefined;
}

function hashHalves(low: number, high: number): number {
  return mix(Math.imul(low, 0x9e3779b1) ^ Math.imul(high, 0x85ebca6b));
}

const encoder = new TextEncoder();
let scratch = new Uint8Array(1024);

/** Ids that are texts, in UTF-8 one after the other. */
export class TextIds implements IdColumn {
  /** [rows + 1] Bytes. */
  readonly #offsets: BigUint64Array;
  readonly #bytes: Uint8Array;
  readonly #text: Buffer;
  readonly #table: Uint32Array;

  constructor(offsets: BigUint64Array, bytes: Uint8Array, table?: Uint32Array) {
    this.#offsets = offsets;
    this.#bytes = bytes;
    this.#text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const at = (row: number) => Number(offsets[row]);
    this.#table = table ?? makeTable(offsets.length - 1, (row) => hashBytes(bytes, at(row), at(row + 1)));
  }

  get table(): Uint32Array {
    return this.#table;
  }

  rowOf(id: ExternalId): number {
    const text = String(id);
    if (scratch.length < 3 * text.length) scratch = new Uint8Array(6 * text.length);
    const { written } = encoder.encodeInto(text, scratch);
    return find(this.#table, hashBytes(scratch, 0, written), (row) => this.#equals(row, written));
  }

  idOf(row: number): ExternalId {
    return this.#text.toString('utf8', Number(this.#offsets[row]), Number(this.#offsets[row + 1]));
  }

  #equals(row: number, length: number): boolean {
    const begin = Number(this.#offsets[row]);
    if (Number(this.#offsets[row + 1]) - begin !== length) return false;
    for (let i = 0; i < length; ++i) if (this.#bytes[begin + i] !== scratch[i]) return false;
    return true;
  }
}

/** FNV-1a (Fowler, Noll and Vo), its bits mixed once more for a table of a power of two. */
function hashBytes(bytes: Uint8Array, begin: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let i = begin; i < end; ++i) hash = Math.imul(hash ^ bytes[i], 0x01000193);
  return mix(hash);
}

function mix(hash: number): number {
  const once = Math.imul(hash ^ (hash >>> 16), 0x7feb352d);
  const twice = Math.imul(once ^ (once >>> 15), 0x846ca68b);
  return (twice ^ (twice >>> 16)) >>> 0;
}
