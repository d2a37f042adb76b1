import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { ioError, PinSageError } from '@pinsage/native';

const QUOTE = 0x22;
const NEWLINE = 0x0a;
const RETURN = 0x0d;
const DELIMITERS = [',', '\t', ';', '|'];

/** A record of a CSV file: where it stands, and its bytes. */
interface CsvRecord {
  /** Of its first line, counted from 1. */
  line: number;
  /** Offset behind its last byte in the unpacked file. */
  end: number;
  bytes: Uint8Array;
}

export interface CsvHeader {
  delimiter: string;
  names: string[];
}

/**
 * The first record of a CSV file, and the delimiter it is written with.
 *
 * DuckDB's own detection looks at the rows too and gives up when some are bad, which is when its answer is needed most.
 */
export async function readCsvHeader(path: string, tabs: boolean): Promise<CsvHeader> {
  for await (const record of csvRecords(path)) {
    let text: string;
    try {
      text = new TextDecoder('utf-8', { fatal: true }).decode(record.bytes);
    } catch (cause) {
      throw new PinSageError('BAD_ROWS', `${path}:${record.line}: the header is not UTF-8 text.`, { cause });
    }
    const delimiter = tabs ? '\t' : commonest(text);
    return { delimiter, names: unique(splitRecord(text, delimiter)) };
  }
  throw new PinSageError('BAD_ROWS', `${path} is empty: it has not even a header.`);
}

/**
 * The lines on which rows begin. DuckDB tells of rejected rows their byte and of the others their number, and a row may span
 * several lines; so this walks over the file once more, which it does only to report bad rows.
 *
 * @param rejected Byte positions of rejected rows, ascending.
 * @param rows Numbers, counted from 1, of rows that were not rejected.
 */
export async function locateRecords(
  path: string,
  rejected: number[],
  rows: number[],
): Promise<{ rejected: number[]; rows: Map<number, number> }> {
  const wanted = new Set(rows);
  const found = { rejected: [] as number[], rows: new Map<number, number>() };
  let header = true;
  let row = 0;
  for await (const { line, end } of csvRecords(path)) {
    if (header) {
      header = false;
    } else if (end > rejected[found.rejected.length]) {
      while (end > rejected[found.rejected.length]) found.rejected.push(line);
    } else if (wanted.has(++row)) {
      found.rows.set(row, line);
    }
    if (found.rejected.length === rejected.length && found.rows.size === wanted.size) break;
  }
  return found;
}

/** The records that are not blank. A line break inside quotes does not end one; a quote opens only at a field's beginning. */
async function* csvRecords(path: string): AsyncGenerator<CsvRecord> {
  let parts: Uint8Array[] = [];
  const opens = new Set([NEWLINE, ...DELIMITERS.map((delimiter) => delimiter.charCodeAt(0))]);
  let quoted = false;
  let closed = false; // by the byte before: another quote then means a quote, and goes on
  let before = NEWLINE;
  let line = 1;
  let start = 1;
  let offset = 0;
  const finish = (end: number): CsvRecord | undefined => {
    const bytes = Buffer.concat(parts);
    parts = [];
    const blank = bytes.every((byte) => byte === RETURN);
    return blank ? undefined : { line: start, end, bytes };
  };
  for await (const chunk of unpacked(path)) {
    let from = 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at];
      const quote = byte === QUOTE;
      const closes: boolean = quote && quoted;
      if (quote) quoted = !quoted && (closed || opens.has(before));
      closed = closes;
      before = byte;
      if (byte !== NEWLINE) continue;
      line++;
      if (quoted) continue;
      parts.push(chunk.subarray(from, at));
      const record = finish(offset + at);
      if (record) yield record;
      from = at + 1;
      start = line;
    }
    parts.push(chunk.subarray(from));
    offset += chunk.length;
  }
  const last = finish(offset);
  if (last) yield last;
}

/** Unpacks a whole .gz file: DuckDB takes one that was cut for a shorter one. @throws FILE_CORRUPT */
export async function checkGzip(path: string): Promise<void> {
  for await (const _ of unpacked(path));
}

/** The file's bytes, without the compression of a .gz. */
async function* unpacked(path: string): AsyncGenerator<Buffer> {
  const file = createReadStream(path);
  const stream = path.endsWith('.gz') ? pipeline(file, createGunzip(), () => {}) : file;
  try {
    yield* stream as AsyncIterable<Buffer>;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code?.startsWith('Z_'))
      throw new PinSageError('FILE_CORRUPT', `${path} is not a whole gzip file.`, { cause: error });
    throw ioError('reading', path, error);
  } finally {
    file.destroy();
  }
}

function commonest(text: string): string {
  const bare = text.replace(/"[^"]*"/g, '');
  const counts = DELIMITERS.map((delimiter) => ({ delimiter, count: bare.split(delimiter).length }));
  return counts.reduce((best, next) => (next.count > best.count ? next : best)).delimiter;
}

function splitRecord(text: string, delimiter: string): string[] {
  const fields = [''];
  let quoted = false;
  for (const character of text.replace(/\r$/, '')) {
    if (character === '"') quoted = !quoted;
    else if (character === delimiter && !quoted) fields.push('');
    else fields[fields.length - 1] += character;
  }
  return fields.map((field) => field.trim());
}

/** DuckDB's columns must have names, and different ones, in which case does not count. */
function unique(names: string[]): string[] {
  const seen = new Set<string>();
  return names.map((name, i) => {
    const wanted = name || `column${i + 1}`;
    let free = wanted;
    for (let n = 2; seen.has(free.toLowerCase()); n++) free = `${wanted}_${n}`;
    seen.add(free.toLowerCase());
    return free;
  });
}
