// Lint, then every package's tests, some of them on an emulated GPU too (turbo leaves out what did not change), then one line with the counts of all.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pythonEnvironment } from './python-environment.mjs';

const folders = ['native', ...readdirSync('packages').map((name) => join('packages', name))];

/** Each test runner leaves its counts in test-results/: vitest's JSON report, or {passed, failed, skipped}. */
function countTests() {
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const folder of folders.map((each) => join(each, 'test-results')).filter(existsSync)) {
    for (const file of readdirSync(folder).filter((name) => name.endsWith('.json'))) {
      const counts = JSON.parse(readFileSync(join(folder, file), 'utf8'));
      total.passed += counts.numPassedTests ?? counts.passed;
      total.failed += counts.numFailedTests ?? counts.failed;
      total.skipped += counts.numPendingTests ?? counts.skipped ?? 0;
    }
  }
  return total;
}

const python = pythonEnvironment(resolve('.venv'), resolve('scripts/test-requirements.txt'));
// Only where `setup --spark` has made it.
const sparkPython = resolve('.venv-spark/bin/python');
const turbo = [
  'run',
  'lint',
  'test',
  'test:emulated',
  '--continue=always',
  '--concurrency=2',
  '--output-logs=new-only',
];
const run = spawnSync('node_modules/.bin/turbo', turbo, {
  stdio: 'inherit',
  env: {
    ...process.env,
    TURBO_TELEMETRY_DISABLED: '1',
    ...(python && { PINSAGE_PYTHON: python }),
    ...(existsSync(sparkPython) && { PINSAGE_SPARK_PYTHON: sparkPython }),
  },
});
const { passed, failed, skipped } = countTests();
const ok = run.status === 0 && failed === 0 && passed > 0;
// A runner that died before it could count is a failure too.
console.log(`${passed} passed, ${ok ? 0 : Math.max(failed, 1)} failed, ${skipped} skipped`);
process.exit(ok ? 0 : 1);
