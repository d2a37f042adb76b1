// Format and lint of everything: Biome for TypeScript and JSON, clang-format for C++ and CUDA.
import { execFileSync, spawnSync } from 'node:child_process';

const biome = spawnSync('node_modules/.bin/biome', ['ci', '--error-on-warnings', '.'], { stdio: 'inherit' });

const sources = execFileSync('git', ['ls-files', 'native'], { encoding: 'utf8' })
  .split('\n')
  .filter((file) => /\.(hpp|cpp|cu|cuh)$/.test(file));
const clang = spawnSync('clang-format', ['--dry-run', '--Werror', ...sources], { stdio: 'inherit' });
if (clang.error) console.error('lint: clang-format is not installed: the C++ format was not checked.');

process.exit(biome.status === 0 && (clang.error || clang.status === 0) ? 0 : 1);
