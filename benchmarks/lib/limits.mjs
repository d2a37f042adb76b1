import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const source = fileURLToPath(new URL('limits.cpp', import.meta.url));
const folder = fileURLToPath(new URL('../.cache', import.meta.url));

/** The path of the program that measures, compiled when it is not there. */
function compiled() {
  const program = `${folder}/limits`;
  if (!existsSync(program) || statSync(program).mtimeMs < statSync(source).mtimeMs) {
    mkdirSync(folder, { recursive: true });
    execFileSync('c++', ['-O3', '-march=native', '-std=c++20', '-fopenmp', source, '-o', program], {
      stdio: 'inherit',
    });
  }
  return program;
}

const probe = (...args) => Number(execFileSync(compiled(), args.map(String), { encoding: 'utf8' }));

/** Independent random 4-byte reads a second over `bytes` of memory, with as many in flight as helps most. */
export const randomAccess = (bytes, threads) => probe('random', bytes, threads);

/**
 * `bandwidth()` is how many bytes a second memory copies just now (read + written counted once). One process answers again and
 * again: to start one takes long, and leaves ours with page faults.
 */
export function startCopyProbe(threads) {
  const child = spawn(compiled(), ['copy', String(2 ** 29), String(threads)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const bandwidth = async () => {
    child.stdin.write('\n');
    return Number((await lines.next()).value);
  };
  return { bandwidth, close: () => child.stdin.end() };
}

/** Floating-point operations a second, float32, as multiply-adds in registers. */
export const floatingPoint = (threads) => probe('flops', 0, threads);
