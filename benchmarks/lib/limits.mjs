import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const source = fileURLToPath(new URL('limits.cpp', import.meta.url));
const folder = fileURLToPath(new URL('../.cache', import.meta.url));

function probe(...args) {
  const program = `${folder}/limits`;
  if (!existsSync(program) || statSync(program).mtimeMs < statSync(source).mtimeMs) {
    mkdirSync(folder, { recursive: true });
    execFileSync('c++', ['-O3', '-march=native', '-std=c++20', '-fopenmp', source, '-o', program], {
      stdio: 'inherit',
    });
  }
  return Number(execFileSync(program, args.map(String), { encoding: 'utf8' }));
}

/** Independent random 4-byte reads a second over `bytes` of memory, with as many in flight as helps most. */
export const randomAccess = (bytes, threads) => probe('random', bytes, threads);

/** Bytes a second that memory copies (read + written counted once). */
export const copyBandwidth = (threads) => probe('copy', 2 ** 30, threads);

/** Floating-point operations a second, float32, as multiply-adds in registers. */
export const floatingPoint = (threads) => probe('flops', 0, threads);
