import { addon } from './addon.js';
import { checkInteger, invalidArgument } from './errors.js';
import { runTask, type TaskOptions } from './task.js';
import { checkArray } from './typed-arrays.js';

/** A list of candidates for each of n queries: ids[offsets[q]] … ids[offsets[q + 1] - 1]. */
export interface CandidateLists {
  /** [n + 1] */
  offsets: Uint32Array;
  ids: Uint32Array;
}

/** What a search leaves out. */
export interface CandidateFilter {
  /** For each query, in any order. Default: nothing. */
  exclude?: CandidateLists;
  /** [candidates] 0 leaves a candidate out for every query. Default: all are allowed. */
  allowed?: Uint8Array;
}

export interface SearchOptions extends CandidateFilter, TaskOptions {
  /** Candidates to find for each query. */
  top: number;
}

export interface RankOptions extends CandidateFilter, TaskOptions {
  /** The candidates whose ranks are asked for, for each query. */
  targets: CandidateLists;
}

/** Best first. Where a query has fewer than `top` candidates, id 0xffffffff and score -Infinity follow. */
export interface SearchResult {
  /** [n, top] */
  ids: Uint32Array;
  /** [n, top] */
  scores: Float32Array;
  /** [n] Candidates found. */
  counts: Uint32Array;
}

/**
 * The vectors with the largest inner products with each query, exactly; ties by smaller id. A score depends on its two vectors
 * alone: the results are the same on any machine and number of threads. Progress is in queries.
 *
 * @param queries [n, width]
 * @param vectors [m, width], the candidates
 * @throws PinSageError INVALID_ARGUMENT; NOT_FINITE for NaN or infinite numbers
 */
export async function searchVectors(
  queries: Float32Array,
  vectors: Float32Array,
  options: SearchOptions & { width: number },
): Promise<SearchResult> {
  const width = checkInteger('width', options.width, 1, 2 ** 32 - 1);
  checkRows('vectors', vectors, width);
  return search(queries, vectors, width, options, 'queries');
}

/**
 * The candidates with the largest given scores; ties by smaller id, NaN last.
 *
 * @param scores [n, candidates]
 */
export async function searchScores(
  scores: Float32Array,
  options: SearchOptions & { candidates: number },
): Promise<SearchResult> {
  const candidates = checkInteger('candidates', options.candidates, 1, 2 ** 32 - 2);
  return search(scores, undefined, candidates, options, 'scores');
}

/**
 * The rank of every target, from 1, in its query's order of `searchVectors`: among the candidates that are left and the target itself.
 *
 * @param queries [n, width]
 * @param vectors [m, width], the candidates
 * @returns [targets.ids.length]
 */
export async function rankVectors(
  queries: Float32Array,
  vectors: Float32Array,
  options: RankOptions & { width: number },
): Promise<Uint32Array> {
  const width = checkInteger('width', options.width, 1, 2 ** 32 - 1);
  checkRows('vectors', vectors, width);
  return rank(queries, vectors, width, options, 'queries');
}

/**
 * The rank of every target, from 1, in its query's order of `searchScores`.
 *
 * @param scores [n, candidates]
 * @returns [targets.ids.length]
 */
export async function rankScores(
  scores: Float32Array,
  options: RankOptions & { candidates: number },
): Promise<Uint32Array> {
  const candidates = checkInteger('candidates', options.candidates, 1, 2 ** 32 - 2);
  return rank(scores, undefined, candidates, options, 'scores');
}

async function search(
  queries: Float32Array,
  vectors: Float32Array | undefined,
  columns: number,
  options: SearchOptions,
  name: string,
): Promise<SearchResult> {
  const n = checkRows(name, queries, columns);
  const top = checkInteger('top', options.top, 1, Math.min(2 ** 32 - 1, Math.floor(2 ** 32 / Math.max(n, 1))));
  const result = {
    ids: new Uint32Array(n * top),
    scores: new Float32Array(n * top),
    counts: new Uint32Array(n),
  };
  const { ids, scores, counts } = result;
  await runTask(options, (threads, control) =>
    addon.search(queries, vectors, columns, ...filter(options), top, ids, scores, counts, threads, control),
  );
  return result;
}

async function rank(
  queries: Float32Array,
  vectors: Float32Array | undefined,
  columns: number,
  options: RankOptions,
  name: string,
): Promise<Uint32Array> {
  checkRows(name, queries, columns);
  const { offsets, ids } = options.targets;
  const ranks = new Uint32Array(checkArray('targets.ids', ids, Uint32Array).length);
  await runTask(options, (threads, control) =>
    addon.rank(queries, vectors, columns, ...filter(options), offsets, ids, ranks, threads, control),
  );
  return ranks;
}

/** How many lists there are. Their offsets and ids are looked at natively. */
export function countLists(argument: string, { offsets }: CandidateLists): number {
  const { length } = checkArray(`${argument}.offsets`, offsets, Uint32Array);
  if (length === 0) throw invalidArgument(`${argument}.offsets`, offsets, 'one more number than there are lists');
  return length - 1;
}

function filter({ exclude, allowed }: CandidateFilter) {
  return [exclude?.offsets, exclude?.ids, allowed] as const;
}

function checkRows(name: string, values: unknown, columns: number): number {
  const rows = checkArray(name, values, Float32Array).length / columns;
  if (!Number.isInteger(rows)) throw invalidArgument(name, values, `rows of ${columns} numbers`);
  return rows;
}
