// All tests of the addon: those in TypeScript by vitest, then those in C++ by ctest, built with sanitizers and built without the
// optional libraries. Leaves test-results/vitest.json and test-results/cpp.json ({ passed, failed }).

import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
/** The C++ tests run in each of these. Not under build/, which cmake-js may empty. */
const builds = [
  {
    folder: '.cache/sanitize',
    // With more optimisation the compiler takes minutes for the sorting networks alone.
    options: ['-DPINSAGE_SANITIZE=ON', '-DCMAKE_BUILD_TYPE=RelWithDebInfo', '-DCMAKE_CXX_FLAGS_RELWITHDEBINFO=-O1 -g1'],
  },
  {
    folder: '.cache/plain',
    options: [
      '-DONEDNN_LIBRARY=OFF',
      '-DGLOO_LIBRARY=OFF',
      '-DPINSAGE_CUDA=OFF',
      '-DPINSAGE_EMULATION=OFF',
      ...['BLAS', 'HWY'].map((library) => `-DCMAKE_DISABLE_FIND_PACKAGE_${library}=ON`),
    ],
  },
];

function run(command, args, stdio = 'inherit') {
  const result = spawnSync(command, args, { cwd: root, stdio, encoding: 'utf8', maxBuffer: 2 ** 28 });
  if (result.error) throw result.error;
  return result;
}

function runTypeScript() {
  const reporters = ['--reporter=default', '--reporter=json', '--outputFile=test-results/vitest.json'];
  return run('npx', ['vitest', 'run', '--testTimeout=120000', ...reporters]).status === 0;
}

function runCpp({ folder, options }) {
  const steps = [
    ['-S', '.', '-B', folder, '-DPINSAGE_TESTS=ON', ...options],
    ['--build', folder, '--parallel', String(availableParallelism())],
  ];
  for (const step of steps) {
    const { status, stdout, stderr } = run('cmake', step, 'pipe');
    if (status === 0) continue;
    console.error(stdout + stderr);
    return { passed: 0, failed: 1 };
  }
  const { status, stdout } = run('ctest', ['--test-dir', folder, '--verbose', '--timeout', '120'], 'pipe');
  const count = countTests(stdout);
  console.log(status === 0 ? `C++, ${folder}: ${count.passed} tests passed` : stdout);
  return status === 0 ? count : { ...count, failed: Math.max(1, count.failed) };
}

/** The sum of what the programs print; one that prints no number counts as one test. */
function countTests(output) {
  const count = { passed: 0, failed: 0 };
  for (const [, test, state] of output.matchAll(/Test +#(\d+):.*?(Passed|\*\*\*)/g)) {
    const printed = output.match(new RegExp(`^${test}: tests: (\\d+) passed, (\\d+) failed`, 'm'));
    count.passed += printed ? Number(printed[1]) : Number(state === 'Passed');
    count.failed += printed ? Number(printed[2]) : Number(state !== 'Passed');
  }
  return count;
}

mkdirSync(`${root}/test-results`, { recursive: true });
const typescriptPassed = runTypeScript();
const cpp = { passed: 0, failed: 0 };
for (const build of builds) {
  const { passed, failed } = runCpp(build);
  cpp.passed += passed;
  cpp.failed += failed;
}
writeFileSync(`${root}/test-results/cpp.json`, `${JSON.stringify(cpp)}\n`);
process.exit(typescriptPassed && cpp.failed === 0 ? 0 : 1);
