import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';

/** Whether the memory of a process can be looked at here. */
export const canMeasureMemory = existsSync('/proc/self/status');

export interface SmallMemoryResult {
  /** null when the process was killed, as one is that takes more than its control group has. */
  code: number | null;
  output: string;
  /** MiB of memory with no file behind it, at its height. */
  anonymous: number;
}

/**
 * Runs a JavaScript module in a fresh directory. Where this system lets us make a control group, the process has so many MiB of memory,
 * pages of files included, which then go when others are needed. (RLIMIT_DATA would count the whole of every file that is mapped.)
 */
export async function inSmallMemory(megabytes: number, program: string): Promise<SmallMemoryResult> {
  const folder = mkdtempSync(join(tmpdir(), 'pinsage-memory-'));
  const group = controlGroup(megabytes * 2 ** 20);
  const shell = group === undefined ? 'exec "$@"' : `echo $$ > ${join(group, 'cgroup.procs')} && exec "$@"`;
  const node = [process.execPath, '--input-type=module', '-e', program];
  const child = spawn('sh', ['-c', shell, 'sh', ...node], { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const output = text(child.stdout);
    let anonymous = 0;
    while (child.exitCode === null && child.signalCode === null) {
      anonymous = Math.max(anonymous, anonymousMemory(child.pid!));
      await setTimeout(20);
    }
    return { code: child.exitCode, output: await output, anonymous };
  } finally {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true });
    if (group !== undefined) rmdirSync(group);
  }
}

function anonymousMemory(pid: number): number {
  try {
    return Number(/RssAnon:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  } catch {
    return 0; // it has ended
  }
}

/** A new control group of this size; undefined where none can be made. */
function controlGroup(bytes: number): string | undefined {
  const name = `pinsage-test-${process.pid}-${Date.now()}`;
  for (const [root, limit] of [
    ['/sys/fs/cgroup', 'memory.max'],
    ['/sys/fs/cgroup/memory', 'memory.limit_in_bytes'],
  ]) {
    const group = join(root, name);
    try {
      mkdirSync(group);
    } catch {
      continue;
    }
    try {
      // A group without the file has no say in memory.
      if (existsSync(join(group, limit))) {
        writeFileSync(join(group, limit), `${bytes}`);
        return group;
      }
    } catch {
      // Not ours to limit.
    }
    rmdirSync(group);
  }
  return undefined;
}
