import { spawnSync } from 'node:child_process';

/** Two hosts are two network namespaces of this one, with a cable between them. */
const HOSTS = [`pinsage-a-${process.pid}`, `pinsage-b-${process.pid}`];
const CABLE = [`pa${process.pid}`, `pb${process.pid}`];
export const ADDRESSES = ['10.77.61.1', '10.77.61.2'];

function ip(...args: string[]): string | undefined {
  const { status, stderr, error } = spawnSync('ip', args, { encoding: 'utf8' });
  return status === 0 ? undefined : (error?.message ?? stderr.trim());
}

/** @returns why there can be no such hosts here; undefined where there are */
export function makeHosts(): string | undefined {
  const problems = [
    ...HOSTS.map((host) => ip('netns', 'add', host)),
    ip('link', 'add', CABLE[0], 'netns', HOSTS[0], 'type', 'veth', 'peer', 'name', CABLE[1], 'netns', HOSTS[1]),
    ...HOSTS.flatMap((host, i) => [
      ip('-n', host, 'addr', 'add', `${ADDRESSES[i]}/24`, 'dev', CABLE[i]),
      ip('-n', host, 'link', 'set', CABLE[i], 'up'),
      ip('-n', host, 'link', 'set', 'lo', 'up'),
    ]),
  ];
  const problem = process.platform === 'linux' ? problems.find((each) => each !== undefined) : 'only on Linux';
  if (problem === undefined) return undefined;
  removeHosts();
  console.warn(`Network namespaces cannot be made, tests of several hosts are left out: ${problem}`);
  return problem;
}

export function removeHosts(): void {
  for (const host of HOSTS) ip('netns', 'del', host);
}

/** What runs a program there, before its own name; it becomes the program. */
export function on(host: number): [string, ...string[]] {
  return ['ip', 'netns', 'exec', HOSTS[host]];
}

/** Pulls the cable out of a host: nothing comes or goes, and nobody is told. */
export function unplug(host: number): void {
  ip('-n', HOSTS[host], 'link', 'set', CABLE[host], 'down');
}

export function plugIn(host: number): void {
  ip('-n', HOSTS[host], 'link', 'set', CABLE[host], 'up');
}
