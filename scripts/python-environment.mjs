import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

/**
 * A Python virtual environment with what a requirements file names: made once, made again when that file changes.
 *
 * @returns {string | null} its interpreter; null, and said on standard error, when it cannot be made
 */
export function pythonEnvironment(folder, requirements) {
  const stamp = `${folder}/.requirements`;
  const wanted = createHash('sha256').update(readFileSync(requirements)).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return `${folder}/bin/python`;
  console.error(`python: installing ${requirements} into ${folder}`);
  const made =
    runs('python3', '-m', 'venv', folder) || (installVenv() && runs('python3', '-m', 'venv', '--clear', folder));
  if (!made || !runs(`${folder}/bin/pip`, 'install', '--quiet', '--requirement', requirements)) {
    console.error('python: that failed; what needs it is left out.');
    return null;
  }
  writeFileSync(stamp, wanted);
  return `${folder}/bin/python`;
}

/** Debian ships Python without its venv module. */
function installVenv() {
  if (process.getuid?.() !== 0) return false;
  return runs('apt-get', 'update', '-qq') && runs('apt-get', 'install', '-y', '-qq', 'python3-venv');
}

function runs(program, ...args) {
  return spawnSync(program, args, { stdio: ['ignore', 2, 2] }).status === 0;
}
