import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { Dataset, type ImportOptions, importDataset } from '../src/index.js';

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'pinsage-graph-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes files into a folder and returns their paths. */
export function writeFiles<T extends Record<string, string | Uint8Array>>(
  folder: string,
  files: T,
): Record<keyof T, string> {
  mkdirSync(folder, { recursive: true });
  const paths: Record<string, string> = {};
  for (const [name, content] of Object.entries(files)) {
    paths[name] = join(folder, name);
    writeFileSync(paths[name], content);
  }
  return paths as Record<keyof T, string>;
}

/** Imports into `<folder>/dataset`, and opens what came of it until the test is over. */
export async function importAndOpen(folder: string, options: Omit<ImportOptions, 'out'>) {
  const report = await importDataset({ ...options, out: join(folder, 'dataset') });
  const dataset = await Dataset.open(report.directory);
  onTestFinished(() => dataset.close());
  return { report, dataset, graph: await dataset.graph() };
}

/** The edges of a dataset by the ids of its input, sorted. */
export async function externalEdges(dataset: Dataset): Promise<string[]> {
  const graph = await dataset.graph();
  const pins = await dataset.describePins(
    Array.from({ length: graph.pins }, (_, i) => i),
    [],
  );
  const boards = await dataset.describeBoards(
    Array.from({ length: graph.boards }, (_, i) => i),
    [],
  );
  return pins.flatMap(({ id }, pin) => Array.from(graph.boardsOf(pin), (board) => `${id}-${boards[board].id}`)).sort();
}

export const FILMS = {
  'films.csv': [
    'movieId,title,genres,year,vector',
    '10,The Red Shoes,Drama|Music,1948,"[1, 0, 0.5]"',
    '7,"Stalker, a film",Drama|Sci-Fi,1979,"[0, 1, -2]"',
    '3,Playtime,Comedy,1967,"[0.25, 0, 0]"',
    '99,Unseen,,,',
    '',
  ].join('\n'),
  'seen.csv': ['userId,movieId,when', 'b,3,300', 'a,10,100', 'a,7,200', 'b,10,150', 'c,12,50', ''].join('\n'),
};

export const FILM_COLUMNS = {
  pin: 'movieId',
  board: 'userId',
  time: 'when',
  features: [
    { name: 'title', kind: 'text', buckets: 4096 },
    { name: 'genres', kind: 'categories', buckets: 32 },
    { name: 'year', kind: 'number' },
    { name: 'vector', kind: 'dense' },
  ],
} satisfies Partial<ImportOptions>;
