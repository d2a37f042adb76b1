import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import { PinSageError } from '@pinsage/native';

interface Owner {
  pid: number;
  host: string;
  /** Start of the process, where the system tells it: a process id is used again, this pair is not. */
  started: string | null;
}

/** Locks that this process holds, by path. */
const held = new Set<string>();

/**
 * A lock file that names its owner. One left behind by a process that has ended is taken over; one of another machine, whose
 * processes cannot be seen from here, is not.
 *
 * @throws PinSageError LOCKED when another process, or this one, holds it.
 */
export async function acquireLock(path: string): Promise<void> {
  if (held.has(path)) throw locked(path, 'this process');
  held.add(path);
  try {
    for (let attempt = 0; ; ++attempt) {
      if (await createLock(path)) return;
      const owner = await readOwner(path);
      if (owner === null && attempt < 3) {
        await setTimeout(50);
        continue;
      }
      if (owner !== null && ((await isAlive(owner)) || attempt >= 10)) {
        throw locked(path, `process ${owner.pid} on ${owner.host}`);
      }
      await removeStale(path, owner);
    }
  } catch (error) {
    held.delete(path);
    throw error;
  }
}

export async function releaseLock(path: string): Promise<void> {
  if (!held.delete(path)) return;
  await rm(path, { force: true });
}

async function createLock(path: string): Promise<boolean> {
  const owner: Owner = { pid: process.pid, host: hostname(), started: await startOf(process.pid) };
  try {
    await writeFile(path, JSON.stringify(owner), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw new PinSageError('IO', `${path} cannot be written: ${(error as Error).message}`, { cause: error });
  }
}

/** null: gone, or not written yet, or never to be. */
async function readOwner(path: string): Promise<Owner | null> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Owner;
  } catch {
    return null;
  }
}

async function isAlive(owner: Owner): Promise<boolean> {
  if (owner.host !== hostname()) return true;
  if (owner.pid === process.pid) return owner.started === (await startOf(process.pid)) && owner.started !== null;
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  return owner.started === null || owner.started === (await startOf(owner.pid));
}

/** Renamed first: of two processes that found the same stale lock, one gets it, and neither removes the other's new one. */
async function removeStale(path: string, stale: Owner | null): Promise<void> {
  const aside = `${path}.${process.pid}.stale`;
  try {
    await rename(path, aside);
  } catch {
    return;
  }
  const moved = await readOwner(aside);
  if (JSON.stringify(moved) === JSON.stringify(stale)) await rm(aside, { force: true });
  else await rename(aside, path);
}

async function startOf(pid: number): Promise<string | null> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    // Field 22; the name, field 2, may hold spaces but ends at the last parenthesis.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return null;
  }
}

function locked(path: string, owner: string): PinSageError {
  return new PinSageError(
    'LOCKED',
    `${path} is held by ${owner}. Two processes cannot write one run: wait for it, or choose another directory. If that process is certainly gone, delete the file.`,
  );
}
