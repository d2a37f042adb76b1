import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('..', import.meta.url));
const venv = `${folder}.venv`;
const requirements = `${folder}peers/requirements.txt`;

/** Makes the Python environment of the peers, once; null with a message when it cannot be made. */
function environment() {
  const stamp = `${venv}/.requirements`;
  const wanted = createHash('sha256').update(readFileSync(requirements)).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return `${venv}/bin/python`;
  console.error('benchmarks: installing the peers (DGL, PyTorch, SciPy…) into benchmarks/.venv');
  const steps = [
    ['python3', ['-m', 'venv', venv]],
    [`${venv}/bin/pip`, ['install', '--quiet', '--requirement', requirements]],
  ];
  for (const [program, args] of steps) {
    if (spawnSync(program, args, { stdio: ['ignore', 2, 2] }).status !== 0) return null;
  }
  writeFileSync(stamp, wanted);
  return `${venv}/bin/python`;
}

/**
 * A peer: a Python process that answers one JSON line for each it is sent. `call` gives the answer; an `error` in it is thrown.
 * Null, and said so, when Python or a package is missing: then the rows have no peer.
 */
export async function startPeer(script, { threads, env = {} }) {
  const python = environment();
  if (python === null) {
    console.error('benchmarks: the peers could not be installed; the rows below have no peer to compare with.');
    return null;
  }
  const child = spawn(python, ['-u', `${folder}peers/${script}`], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, OMP_NUM_THREADS: String(threads), PYTHONWARNINGS: 'ignore', ...env },
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const call = async (request) => {
    child.stdin.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await lines.next();
    if (done) throw new Error(`The peer ${script} ended before it answered ${JSON.stringify(request)}.`);
    const answer = JSON.parse(value);
    if (answer.error) throw new Error(`The peer ${script}: ${answer.error}`);
    return answer;
  };
  return { call, close: () => child.stdin.end() };
}
