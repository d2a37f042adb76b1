import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PinSageError, writeFileAtomic } from '@pinsage/native';
import { pathLiteral } from '../database.js';
import type { ImportOptions } from '../import-options.js';
import { buildDirectory } from '../unfinished.js';
import { cacheDirectory, findCollection } from './locate.js';
import { unzip } from './unzip.js';

const NAME = 'ml-latest-small';
// The README holds the conditions of use, which ask that it stays with the data.
const FILES = ['movies.csv', 'ratings.csv', 'README.txt'];

export function findMovieLens(): string | undefined {
  return findCollection(NAME, FILES);
}

/**
 * Films are pins, people boards, and an edge is a rating of 4 stars or more: a film that someone liked, not merely saw. The year
 * stands in the title.
 */
export function movieLensImport(folder: string): Omit<ImportOptions, 'out'> {
  const csv = (file: string) => `read_csv(${pathLiteral(join(folder, file))}, header=true, all_varchar=true)`;
  return {
    edges: `SELECT userId, movieId, "timestamp" FROM ${csv('ratings.csv')} WHERE CAST(rating AS DOUBLE) >= 4`,
    pin: 'movieId',
    board: 'userId',
    time: 'timestamp',
    pins: `SELECT movieId, title, nullif(genres, '(no genres listed)') AS genres,
      nullif(regexp_extract(title, '\\((\\d{4})\\)\\s*$', 1), '') AS year FROM ${csv('movies.csv')}`,
    features: [
      { name: 'title', kind: 'text', buckets: 16384 },
      { name: 'genres', kind: 'categories', buckets: 64 },
      { name: 'year', kind: 'number' },
    ],
    title: 'title',
    note: 'MovieLens ml-latest-small, GroupLens, University of Minnesota; see its README.txt for the conditions of use',
  };
}

/** SHA-256 of the archive's files, without the carriage returns that some copies have: the edition of September 2018. */
const KNOWN: Record<string, string> = {
  'movies.csv': 'c47b783f23eb304413307e1bb05335e427737da20ec8d3c0e96335567dd5f3dc',
  'ratings.csv': '80da8b3393dae325bbba5a31f291a6ba55d8d4f4396de3c456f2c1635b1b70e8',
};

/**
 * Fetches the collection from GroupLens into the cache and returns its folder.
 * @param base Where `ml-latest-small.zip` is.
 * @throws IO when it cannot be fetched; FILE_CORRUPT when it is not the collection we know.
 */
export async function downloadMovieLens(
  options: { signal?: AbortSignal; base?: string; cache?: string } = {},
): Promise<string> {
  const { signal, base = 'https://files.grouplens.org/datasets/movielens', cache = cacheDirectory() } = options;
  const archive = await fetchBytes(`${base}/${NAME}.zip`, signal);
  const folder = join(cache, NAME);
  await mkdir(cache, { recursive: true });
  await buildDirectory(folder, { replace: true, mayReplace: async () => true }, async (unfinished) => {
    for (const file of FILES) {
      const bytes = unzip(archive, `${NAME}/${file}`);
      if (KNOWN[file] !== undefined) checkSum(`${base}/${NAME}.zip`, file, bytes);
      await writeFileAtomic(join(unfinished, file), bytes);
    }
  });
  return folder;
}

function checkSum(archive: string, file: string, bytes: Buffer): void {
  const text = bytes.toString('latin1').replaceAll('\r', '');
  const sum = createHash('sha256').update(text, 'latin1').digest('hex');
  if (sum !== KNOWN[file]) {
    throw new PinSageError('FILE_CORRUPT', `${archive}: the SHA-256 of ${file} is ${sum}, not ${KNOWN[file]}.`);
  }
}

async function fetchBytes(url: string, signal?: AbortSignal): Promise<Buffer> {
  const timeout = AbortSignal.timeout(60_000);
  try {
    const response = await fetch(url, { signal: signal ? AbortSignal.any([signal, timeout]) : timeout });
    if (!response.ok) throw new Error(`the server answered ${response.status} ${response.statusText}`);
    return Buffer.from(await response.arrayBuffer());
  } catch (cause) {
    if (signal?.aborted) throw new PinSageError('ABORTED', 'The call was aborted.', { cause });
    const reason =
      (cause as Error).cause instanceof Error ? ((cause as Error).cause as Error).message : (cause as Error).message;
    throw new PinSageError('IO', `${url} could not be fetched: ${reason}.`, { cause });
  }
}
