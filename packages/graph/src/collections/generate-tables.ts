import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { checkBoolean, checkInteger, ioError, PinSageError, randomWords } from '@pinsage/native';
import { Database, literal } from '../database.js';
import { stepThrough } from '../step-through.js';
import { buildDirectory } from '../unfinished.js';
import { toHalf } from '../vectors/half.js';

export interface GenerateOptions {
  /** 1 to 2^32 - 2. */
  pins: number;
  /** 1 to 2^32 - 2. */
  boards: number;
  /** Rows of the table of edges; some of them are the same edge, as in the logs of a service. */
  edges: number;
  /** Numbers of each pin's vector, 1 to 4096. Default: no vectors. */
  vectors?: number;
  /** Whether edges have a time. Default false. */
  times?: boolean;
  /** 0 to 2^32 - 1. The same seed gives the same tables. Default 0. */
  seed?: number;
  /** A directory that is not there yet. */
  out: string;
  /** Bytes of memory that it may take. Default 1 GiB. */
  memory?: number;
  signal?: AbortSignal;
  /** Called after each of the tables. */
  onProgress?: (done: number, total: number) => void;
}

/** Files of one table each, and what their columns are. */
export interface GeneratedTables {
  /** Columns `pin`, `board` and, where asked for, `time`. */
  edges: string;
  /** Columns `pin`, `topic`, `year`. */
  pins: string;
  /** A row of halves for each row of `pins`. */
  vectors?: string;
}

/** Pins of a topic, about. */
const PINS_PER_TOPIC = 20_000;
/** Share of edges that lead to any topic. */
const ELSEWHERE = 0.1;
const WORDS_AT_ONCE = 2 ** 20;

/**
 * Tables of a made-up collection of any size, written in bounded memory: to measure with, and to try what a machine can hold.
 *
 * Each board is about a topic, and nine in ten of its pins are of that topic. Sizes of boards follow Zipf's law with exponent 1/2, how
 * popular pins of a topic are with exponent 2/3. Every edge is a function of its number and the seed, in no order.
 *
 * @throws FILE_EXISTS · INVALID_ARGUMENT · ABORTED · IO
 */
export async function generateTables(options: GenerateOptions): Promise<GeneratedTables> {
  const { signal, onProgress, out } = options;
  const pins = checkInteger('pins', options.pins, 1, 2 ** 32 - 2);
  const boards = checkInteger('boards', options.boards, 1, 2 ** 32 - 2);
  const edges = checkInteger('edges', options.edges, 1, 2 ** 48);
  const width = options.vectors === undefined ? undefined : checkInteger('vectors', options.vectors, 1, 4096);
  const times = checkBoolean('times', options.times ?? false);
  const seed = checkInteger('seed', options.seed ?? 0, 0, 2 ** 32 - 1);
  const memory = checkInteger('memory', options.memory ?? 2 ** 30, 2 ** 26, 2 ** 53 - 1);
  const size = { pins, boards, edges, topics: Math.ceil(pins / PINS_PER_TOPIC), times, seed };
  const steps = width === undefined ? 2 : 3;
  await buildDirectory(out, { replace: false, mayReplace: async () => false }, async (directory) => {
    const database = await Database.open({ memory, signal });
    const write = (query: string, file: string) =>
      database.run(`COPY (${query}) TO ${literal(join(directory, file))} (FORMAT parquet)`);
    try {
      await write(pinsQuery(size), 'pins.parquet');
      onProgress?.(1, steps);
      if (width !== undefined) {
        await writeVectors(join(directory, 'vectors.npy'), size, width, signal);
        onProgress?.(2, steps);
      }
      await write(edgesQuery(size), 'edges.parquet');
      onProgress?.(steps, steps);
    } finally {
      await database.close();
    }
  });
  return {
    edges: join(out, 'edges.parquet'),
    pins: join(out, 'pins.parquet'),
    ...(width !== undefined && { vectors: join(out, 'vectors.npy') }),
  };
}

interface Size {
  pins: number;
  boards: number;
  edges: number;
  topics: number;
  times: boolean;
  seed: number;
}

/**
 * Pins by topic and rank have the places rank · topics + topic. A pin's number is its place times `stepThrough(pins)`, modulo `pins`:
 * so that the popular ones are spread over the numbers, and each number has a place. This undoes the multiplication.
 */
function inverseStep(pins: number): number {
  let [a, b, x, y] = [BigInt(stepThrough(pins)), BigInt(pins), 1n, 0n];
  while (b !== 0n) [a, b, x, y] = [b, a % b, y, x - (a / b) * y];
  return Number(((x % BigInt(pins)) + BigInt(pins)) % BigInt(pins));
}

function pinsQuery({ pins, topics, seed }: Size): string {
  const place = `(i * ${inverseStep(pins)}) % ${pins}`;
  const words = hashed('i', ['year'], seed, 1, `SELECT CAST(range AS UBIGINT) AS i FROM range(${pins})`);
  return `SELECT CAST(i AS BIGINT) AS pin, 'topic ' || ((${place}) % ${topics}) AS topic, CAST(1950 + year % 75 AS SMALLINT) AS year FROM (${words})`;
}

function edgesQuery({ pins, boards, edges, topics, times, seed }: Size): string {
  const numbers = `SELECT CAST(range AS UBIGINT) AS i FROM range(${edges})`;
  const drawn = hashed('i', ['b', 'r', 'away', 'other', ...(times ? ['t'] : [])], seed, 2, numbers);
  const uniform = (word: string) => `(${word} / 4294967296.0)`;
  const time = times ? ', CAST(1500000000 + t % 200000000 AS BIGINT) AS time' : '';
  const boarded = `SELECT r, away, other${time}, CAST(floor(${boards} * ${uniform('b')} * ${uniform('b')}) AS UBIGINT) AS board FROM (${drawn})`;
  const about = hashed('board', ['own'], seed, 3, boarded);
  const topical = `SELECT *, CASE WHEN away < ${Math.floor(ELSEWHERE * 2 ** 32)} THEN other ELSE own END % ${topics} AS topic FROM (${about})`;
  const rank = `CAST(floor(((${pins - 1} - topic) // ${topics} + 1) * ${uniform('r')} * ${uniform('r')} * ${uniform('r')}) AS UBIGINT)`;
  return `SELECT CAST(((${rank} * ${topics} + topic) * ${stepThrough(pins)}) % ${pins} AS BIGINT) AS pin, CAST(board AS BIGINT) AS board
    ${times ? ', time' : ''} FROM (${topical})`;
}

/**
 * SQL for `from` with columns of 32 random bits each: twice the finish of Murmur3 over (seed, use, number of the word, key). Products
 * of 32-bit numbers are exact in DuckDB's 64 bits.
 */
function hashed(key: string, names: string[], seed: number, use: number, from: string): string {
  const low = 4294967295;
  const salts = randomWords(BigInt(seed), [use, 0, 0], 0, 2 * names.length);
  const each = (expression: (name: string, i: number) => string) =>
    names.map((name, i) => `${expression(name, i)} AS ${name}`).join(', ');
  const kept = (columns: string) => `SELECT * REPLACE (${columns})`;
  const mixed = (query: string) =>
    [
      each((name) => `(xor(${name}, ${name} >> 16) * 2246822507) & ${low}`),
      each((name) => `(xor(${name}, ${name} >> 13) * 3266489909) & ${low}`),
      each((name) => `xor(${name}, ${name} >> 16)`),
    ].reduce((inner, columns) => `${kept(columns)} FROM (${inner})`, query);
  const first = `SELECT *, ${each((_, i) => `((${key} & ${low}) + ${salts[2 * i]}) & ${low}`)} FROM (${from})`;
  const second = `${kept(each((name, i) => `xor(${name}, ((${key} >> 32) * 2654435761 + ${salts[2 * i + 1]}) & ${low})`))} FROM (${mixed(first)})`;
  return mixed(second);
}

/** The topic's vector and as much noise, of length 1 about: halves in NumPy's format. */
async function writeVectors(path: string, size: Size, width: number, signal?: AbortSignal): Promise<void> {
  const { pins, topics, seed } = size;
  const step = inverseStep(pins);
  const scale = Math.sqrt(1.5 / width) / 2 ** 31;
  const centres = Float32Array.from(
    randomWords(BigInt(seed), [4, 0, 0], 0, topics * width),
    (word) => (word | 0) * scale,
  );
  const rows = Math.max(1, Math.floor(WORDS_AT_ONCE / width));
  try {
    const file = await open(path, 'wx');
    try {
      await file.writeFile(npyHeader(pins, width));
      for (let first = 0, place = 0; first < pins; first += rows) {
        if (signal?.aborted) throw new PinSageError('ABORTED', 'The call was aborted.', { cause: signal.reason });
        const count = Math.min(rows, pins - first);
        const noise = randomWords(BigInt(seed), [5, first, 0], 0, count * width);
        const halves = new Uint16Array(count * width);
        for (let at = 0; at < halves.length; place = (place + step) % pins) {
          const centre = (place % topics) * width;
          for (let i = 0; i < width; i++, at++) halves[at] = toHalf(centres[centre + i] + (noise[at] | 0) * scale);
        }
        await file.writeFile(new Uint8Array(halves.buffer));
      }
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    throw ioError('writing', path, error);
  }
}

function npyHeader(rows: number, width: number): Buffer {
  const text = `{'descr': '<f2', 'fortran_order': False, 'shape': (${rows}, ${width}), }`;
  const length = Math.ceil((10 + text.length + 1) / 64) * 64;
  const header = Buffer.alloc(length, ' ');
  header.write('\x93NUMPY\x01\x00', 'latin1');
  header.writeUInt16LE(length - 10, 8);
  header.write(text, 10, 'latin1');
  header.write('\n', length - 1, 'latin1');
  return header;
}
