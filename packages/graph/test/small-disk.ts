import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Whether this system lets us mount a file system in a user namespace of its own. */
export const canMount = spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0;

/**
 * Runs a JavaScript module in a fresh directory, on a real file system of `kilobytes`, and gives back what it printed.
 * It finds `report(call)`, which prints the error's code and whether it speaks of a full disk, and `fill(free)`, which leaves so many
 * kilobytes free.
 */
export function onSmallDisk(kilobytes: number, program: string): string {
  const disk = mkdtempSync(join(tmpdir(), 'disk-'));
  const prelude = `
    import { readdirSync, statfsSync, writeFileSync } from 'node:fs';
    const report = async (call) => {
      try { await call(); console.log('no error'); } catch (error) { console.log(error.code, error.message.includes('disk is full')); }
    };
    const fill = (free) => {
      const { bavail, bsize } = statfsSync('.');
      writeFileSync('filler', Buffer.alloc(bavail * bsize - free * 1024));
    };
    const list = () => console.log(readdirSync('.', { recursive: true }).sort().join(' '));`;
  const shell = `mount -t tmpfs -o size=${kilobytes}k tmpfs ${disk} && cd ${disk} && exec "$@"`;
  const node = [process.execPath, '--input-type=module', '-e', `${prelude}\n${program}`];
  try {
    return execFileSync('unshare', ['-rm', 'sh', '-c', shell, 'sh', ...node], { encoding: 'utf8' });
  } finally {
    rmSync(disk, { recursive: true });
  }
}
