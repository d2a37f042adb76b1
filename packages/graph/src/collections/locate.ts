import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where downloads are kept. */
export function cacheDirectory(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'pinsage');
}

/**
 * Folders that may hold collections, one folder a collection (`tate`, `ml-latest-small`), in the order in which they are looked at:
 * those of PINSAGE_DATASETS (separated as in PATH), `shared/datasets` beside the repository, the download cache. Only those that
 * are there.
 */
export function locateDatasets(): string[] {
  const named = (process.env.PINSAGE_DATASETS ?? '').split(delimiter).filter((folder) => folder !== '');
  const folders = [...named.map((folder) => resolve(folder)), ...besideRepository(), cacheDirectory()];
  return folders.filter((folder) => existsSync(folder));
}

/** The folder of a collection when all of these files of it are there. */
export function findCollection(name: string, files: string[]): string | undefined {
  return locateDatasets()
    .map((folder) => join(folder, name))
    .find((folder) => files.every((file) => existsSync(join(folder, file))));
}

/** The repository is the first folder above this file that has a turbo.json; an installed package has none. */
function besideRepository(): string[] {
  for (let folder = dirname(fileURLToPath(import.meta.url)); folder !== dirname(folder); folder = dirname(folder)) {
    if (existsSync(join(folder, 'turbo.json'))) return [join(dirname(folder), 'shared', 'datasets')];
  }
  return [];
}
