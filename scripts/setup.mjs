// Makes this checkout ready to use: system packages, npm packages, build. Quick when nothing changed; safe to run again.
// Plain Node, no dependency: on a fresh clone nothing else is there yet.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pythonEnvironment } from './python-environment.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const minimumNode = [20, 17];

/** With --tests, what only the tests need too. */
const forTests = process.argv.includes('--tests');
/** With --spark, Spark for the tests and the benchmark of packages/spark: some 500 MB. */
const forSpark = process.argv.includes('--spark');

/** What is needed, how to see that it is there, and its package on each platform. */
const requirements = [
  { name: 'a C++20 compiler', required: true, found: () => command('c++'), apt: 'g++', dnf: 'gcc-c++', brew: 'llvm' },
  { name: 'CMake', required: true, found: () => command('cmake'), apt: 'cmake', dnf: 'cmake', brew: 'cmake' },
  {
    name: 'make or ninja',
    required: true,
    found: () => command('make') || command('ninja'),
    apt: 'make',
    dnf: 'make',
    brew: 'ninja',
  },
  {
    name: 'oneDNN',
    required: false,
    without: 'matrix products run on another BLAS or a plain loop, several times slower',
    found: () => header('oneapi/dnnl/dnnl.h'),
    apt: 'libdnnl-dev',
    dnf: 'onednn-devel',
    brew: 'onednn',
  },
  {
    name: 'Highway',
    required: false,
    without: 'the walk kernels run without SIMD dispatch',
    found: () => header('hwy/highway.h'),
    apt: 'libhwy-dev',
    dnf: 'highway-devel',
    brew: 'highway',
  },
  {
    name: 'Gloo',
    required: false,
    without: 'training runs in one process',
    found: () => header('gloo/transport/tcp/device.h'),
    apt: 'libgloo-dev',
    dnf: 'gloo-devel',
  },
  {
    name: 'clang-format',
    required: false,
    without: 'the C++ format check is left out',
    found: () => command('clang-format'),
    apt: 'clang-format',
    dnf: 'clang-tools-extra',
    brew: 'clang-format',
  },
  {
    name: 'Chromium',
    required: false,
    tests: true,
    without: 'the tests of the explorer’s page are left out',
    found: () => ['chromium', 'chromium-browser', 'google-chrome'].some(command),
    apt: 'chromium',
    dnf: 'chromium',
    brew: '--cask chromium',
  },
  {
    name: 'Java',
    required: false,
    spark: true,
    without: 'Spark does not start',
    found: () => command('java'),
    apt: 'openjdk-17-jre-headless',
    dnf: 'java-17-openjdk-headless',
    brew: 'openjdk@17',
  },
]
  .filter(({ tests = false, spark = false }) => (forTests || !tests) && (forSpark || !spark))
  // Homebrew does not have all of it.
  .filter(({ brew }) => process.platform !== 'darwin' || brew !== undefined);

function command(name) {
  return (process.env.PATH ?? '').split(':').some((folder) => folder !== '' && existsSync(join(folder, name)));
}

function header(path) {
  return ['/usr/include', '/usr/local/include', '/opt/homebrew/include'].some((folder) =>
    existsSync(join(folder, path)),
  );
}

/** Everything but the last answer goes to standard error: `pinsage … --json` may own standard output. */
function say(text) {
  process.stderr.write(`${text}\n`);
}

function fail(text) {
  say(`setup: ${text}`);
  process.exit(1);
}

function run(program, args, options = {}) {
  const result = spawnSync(program, args, { cwd: root, stdio: ['ignore', 2, 2], ...options });
  if (result.error) fail(`${program} could not be started: ${result.error.message}`);
  if (result.status !== 0) fail(`\`${program} ${args.join(' ')}\` ended with status ${result.status}.`);
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > minimumNode[0] || (major === minimumNode[0] && minor >= minimumNode[1])) return;
  fail(`Node ${process.versions.node} is too old; needed: ${minimumNode.join('.')} or newer.`);
}

function systemPackages() {
  let missing = requirements.filter((requirement) => !requirement.found());
  if (missing.length === 0) return;
  if (command('apt-get') && process.getuid?.() === 0) {
    say(`setup: installing ${missing.map((requirement) => requirement.apt).join(', ')}`);
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const install = ['install', '-y', '-qq', '--no-install-recommends'];
    run('apt-get', ['update', '-qq'], { env });
    const needed = missing.filter((requirement) => requirement.required).map((requirement) => requirement.apt);
    if (needed.length > 0) run('apt-get', [...install, ...needed], { env });
    // One by one: a distribution that does not have one of them has the others.
    for (const { apt } of missing.filter((requirement) => !requirement.required)) {
      spawnSync('apt-get', [...install, apt], { env, stdio: ['ignore', 2, 2] });
    }
    missing = requirements.filter((requirement) => !requirement.found());
  }
  for (const requirement of missing.filter((each) => !each.required)) {
    say(
      `setup: ${requirement.name} is not installed: ${requirement.without}. To have it: ${installCommand([requirement])}`,
    );
  }
  const needed = missing.filter((requirement) => requirement.required);
  if (needed.length > 0) {
    fail(`${needed.map((each) => each.name).join(', ')} not found. Install with: ${installCommand(needed)}`);
  }
}

function installCommand(packages) {
  const names = (manager) => packages.map((each) => each[manager]).join(' ');
  if (process.platform === 'darwin') return `brew install ${names('brew')}`;
  if (command('dnf')) return `sudo dnf install ${names('dnf')}`;
  return `sudo apt-get install ${names('apt')}`;
}

function npmPackages() {
  const stamp = join(root, 'node_modules', '.setup');
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  say('setup: installing npm packages');
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
  writeFileSync(stamp, wanted);
}

function build() {
  const turbo = join(root, 'node_modules', '.bin', 'turbo');
  const env = { ...process.env, TURBO_TELEMETRY_DISABLED: '1' };
  const args = ['run', 'build', '--output-logs=errors-only', '--log-order=grouped'];
  try {
    execFileSync(turbo, args, { cwd: root, env, stdio: 'pipe' });
  } catch (error) {
    say(`${error.stdout ?? ''}${error.stderr ?? ''}`);
    fail('the build failed; its output is above.');
  }
}

checkNode();
systemPackages();
npmPackages();
build();
if (forSpark) pythonEnvironment(join(root, '.venv-spark'), join(root, 'scripts/spark-requirements.txt'));
