import { access } from 'node:fs/promises';
import { invalidArgument, PinSageError } from '@pinsage/native';
import { checkGzip } from './csv.js';
import { openCsv } from './csv-source.js';
import { type Database, identifier, pathLiteral, reasonOf } from './database.js';
import { openJsonLines } from './json-lines-source.js';
import type { Source } from './source.js';

const EXTENSIONS =
  '.csv, .tsv, .txt, .jsonl, .ndjson, .json, .parquet (text files also .gz), or a query that begins with SELECT, FROM or WITH';

/**
 * A CSV, TSV, JSON lines or Parquet file, or any DuckDB query.
 * @throws FILE_NOT_FOUND; BAD_ROWS when the header cannot be read; INVALID_ARGUMENT when the query fails.
 */
export async function openSource(database: Database, argument: string, input: string): Promise<Source> {
  if (typeof input !== 'string' || input === '') throw invalidArgument(argument, input, EXTENSIONS);
  if (isQuery(input)) return openQuery(database, argument, input);
  await access(input).catch((cause) => {
    throw new PinSageError('FILE_NOT_FOUND', `There is no file ${input} (${argument}).`, { argument, cause });
  });
  if (input.endsWith('.gz')) await checkGzip(input);
  const extension = /\.(\w+?)(\.gz)?$/.exec(input.toLowerCase())?.[1] ?? '';
  if (['csv', 'tsv', 'txt'].includes(extension)) return openCsv(database, input, extension === 'tsv');
  if (['jsonl', 'ndjson'].includes(extension)) return openJsonLines(database, input);
  if (extension === 'json') return openFile(database, input, 'read_json');
  if (extension === 'parquet') return openFile(database, input, 'read_parquet');
  throw invalidArgument(argument, input, EXTENSIONS);
}

/** Whether it is a query and no file. */
export function isQuery(input: string): boolean {
  return /^\s*(select|from|with|values)\s/i.test(input);
}

async function openFile(database: Database, path: string, reader: string): Promise<Source> {
  try {
    return await openTyped(database, path, `SELECT * FROM ${reader}(${pathLiteral(path)})`);
  } catch (cause) {
    if (cause instanceof PinSageError) throw cause;
    throw new PinSageError('FILE_CORRUPT', `${path} cannot be read: ${reasonOf(cause)}`, { cause });
  }
}

async function openQuery(database: Database, argument: string, query: string): Promise<Source> {
  const name = query.length > 60 ? `${query.slice(0, 57).trim()}...` : query;
  try {
    return await openTyped(database, name, query.replace(/;\s*$/, ''));
  } catch (cause) {
    if (cause instanceof PinSageError) throw cause;
    throw new PinSageError('INVALID_ARGUMENT', `${argument}: ${reasonOf(cause)}`, {
      argument,
      value: query,
      cause,
    });
  }
}

async function openTyped(database: Database, name: string, relation: string): Promise<Source> {
  const columns = await database.describe(relation);
  // DuckDB keeps a JSON column, as it makes of mixed values, with its quotes: "12".
  const json = [...columns].filter(([, type]) => type === 'JSON').map(([column]) => identifier(column));
  const texts = json.map((column) => `json_extract_string(${column}, '$') AS ${column}`).join(', ');
  return {
    name,
    columns,
    relation: json.length === 0 ? relation : `SELECT * REPLACE (${texts}) FROM (${relation})`,
    rejects: async () => ({ count: 0, examples: [] }),
    locate: async (rows) => rows.map((row) => ({ row })),
  };
}
