import { mkdir, readdir, rm } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { commitRename, commitReplace, ioError, PinSageError, syncDirectory, temporaryName } from '@pinsage/native';

/**
 * Builds a directory under a temporary name and gives it its own only when `build` is done: it is there whole or not at all.
 * What a process that was killed left under such names is removed first.
 *
 * @param replace Whether a directory of this kind that is there already is replaced. `mayReplace` says whether it is of this kind.
 * @throws FILE_EXISTS
 */
export async function buildDirectory<T>(
  out: string,
  options: { replace: boolean; mayReplace: (path: string) => Promise<boolean> },
  build: (directory: string) => Promise<T>,
): Promise<T> {
  const target = resolve(out);
  try {
    await mkdir(dirname(target), { recursive: true });
    const occupied = await isOccupied(target);
    if (occupied && !(options.replace && (await options.mayReplace(target)))) {
      throw exists(out, options.replace);
    }
    await removeAbandoned(target);
    const unfinished = temporaryName(target);
    try {
      await mkdir(unfinished);
      const result = await build(unfinished);
      await syncDirectory(unfinished);
      if (occupied) await commitReplace(unfinished, target);
      else
        await commitRename(unfinished, target).catch((error) =>
          Promise.reject(taken(error) ? exists(out, false) : error),
        );
      return result;
    } catch (error) {
      await rm(unfinished, { recursive: true, force: true });
      throw error;
    }
  } catch (error) {
    throw ioError('writing', out, error);
  }
}

function exists(out: string, replace: boolean): PinSageError {
  const hint = replace ? 'and is nothing that may be replaced' : 'give another name, or force (--force) to replace it';
  return new PinSageError('FILE_EXISTS', `${out} exists already; ${hint}.`, { argument: 'out', value: out });
}

/** Whether a rename failed because somebody else was quicker. */
function taken(error: NodeJS.ErrnoException): boolean {
  return ['ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes(error.code ?? '');
}

async function isOccupied(path: string): Promise<boolean> {
  try {
    return (await readdir(path)).length > 0;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return true;
    throw error;
  }
}

async function removeAbandoned(target: string): Promise<void> {
  const prefix = `${basename(target)}.`;
  for (const name of await readdir(dirname(target))) {
    const process = name.startsWith(prefix) && /^(\d+)-[0-9a-f]{8}\.tmp$/.exec(name.slice(prefix.length));
    if (process && !isAlive(Number(process[1]))) {
      await rm(`${dirname(target)}/${name}`, { recursive: true, force: true });
    }
  }
}

function isAlive(process_: number): boolean {
  try {
    process.kill(process_, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
