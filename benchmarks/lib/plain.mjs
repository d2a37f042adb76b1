import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const native = fileURLToPath(new URL('../../native', import.meta.url));
const folder = fileURLToPath(new URL('../.cache/native', import.meta.url));

/** Seconds of the plain sampler and of ours, round by round: `calls` calls for `perCall` pins of a random graph, one thread, no Node. */
export function plainNeighborhoods({ pins, boards, edges, calls, perCall }) {
  const cmake = (...args) => execFileSync('cmake', args, { stdio: ['ignore', 'ignore', 'inherit'] });
  cmake('-S', native, '-B', folder, '-DPINSAGE_BENCHMARKS=ON');
  cmake('--build', folder, '--target', 'plain_neighborhoods', '--parallel');
  const args = [pins, boards, edges, calls, perCall].map(String);
  const lines = execFileSync(`${folder}/plain_neighborhoods`, args, { encoding: 'utf8' }).trim().split('\n').slice(1);
  const column = (i) => lines.map((line) => Number(line.split(' ')[i]));
  return { peerSeconds: column(0), oursSeconds: column(1) };
}
