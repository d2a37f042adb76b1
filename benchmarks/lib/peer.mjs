import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { pythonEnvironment } from '../../scripts/python-environment.mjs';

const folder = fileURLToPath(new URL('..', import.meta.url));
/**
 * A peer: a Python process that answers one JSON line for each it is sent. `call` gives the answer; an `error` in it is thrown.
 * `packages` names the list of what it needs, in peers. Null, and said so, when Python or a package is missing: then the rows have no peer.
 */
export async function startPeer(script, { threads, env = {}, packages = 'requirements' }) {
  const environment = packages === 'requirements' ? '.venv' : `.venv-${packages}`;
  const python = pythonEnvironment(`${folder}${environment}`, `${folder}peers/${packages}.txt`);
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
