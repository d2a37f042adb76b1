// Builds @tensorflow/tfjs-node, as it is on npm, against the TensorFlow of a PyPI wheel. Its own install script fetches an
// older TensorFlow from a server of Google's; this one needs npm, pip and a C++ compiler. See tools/README.md.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const TFJS = '4.22.0';
const NODE_HEADERS = '1.9.0';
const WHEEL = process.arch === 'x64' ? 'tensorflow-cpu==2.21.0' : 'tensorflow==2.21.0';
/** One of those that the wheel is made for; we take only C and C++ out of it, so the machine's own does not matter. */
const WHEEL_PYTHON = '3.11';
const LIBRARIES = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'];
const HEADERS = ['tensorflow/c/', 'tensorflow/core/platform/ctstring', 'tsl/platform/ctstring', 'xla/tsl/c/tsl_status'];

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
// Inside the checkout and without a tfjs-core of its own, so that Node finds the checkout's: one engine for both.
const folder = join(root, '.cache', 'tfjs-node');
const modules = join(folder, 'node_modules');
const tfjsNode = join(modules, '@tensorflow', 'tfjs-node');
const download = join(folder, 'download');
const stamp = join(folder, '.built');

function fail(text) {
  console.error(`tfjs-node: ${text}`);
  rmSync(download, { recursive: true, force: true });
  process.exit(1);
}

function run(program, args, remedy, options = {}) {
  const result = spawnSync(program, args, { cwd: folder, stdio: ['ignore', 2, 2], ...options });
  if (result.error) fail(`${program} could not be started (${result.error.message}). ${remedy}`);
  if (result.status !== 0) {
    fail(
      `${program} ${args[0]} … ended with ${result.signal ?? `status ${result.status}`}; its output is above. ${remedy}`,
    );
  }
}

function found(program, ...args) {
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}

function check() {
  if (process.platform !== 'linux') fail('this script knows the wheels for Linux only.');
  const major = Number(process.versions.node.split('.')[0]);
  if (major >= 23) fail(`tfjs-node ${TFJS} calls functions that Node 23 took away; use Node 20 or 22.`);
  const core = join(root, 'node_modules', '@tensorflow', 'tfjs-core', 'package.json');
  const version = existsSync(core) ? JSON.parse(readFileSync(core, 'utf8')).version : 'not installed';
  if (version !== TFJS) fail(`@tensorflow/tfjs-core of this checkout is ${version}, not ${TFJS}. First: npm run setup`);
  if (!found('c++', '--version')) fail('no C++ compiler (c++). First: npm run setup');
  if (!found('python3', '-m', 'pip', '--version')) {
    fail('no pip (python3 -m pip), which fetches the wheel. Debian and Ubuntu: apt-get install python3-pip');
  }
}

function installPackages() {
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  const packages = [`@tensorflow/tfjs-node@${TFJS}`, `node-api-headers@${NODE_HEADERS}`];
  const options = ['--ignore-scripts', '--no-package-lock', '--no-audit', '--no-fund', '--loglevel=error'];
  run('npm', ['install', ...options, ...packages], 'Is the npm registry reached?');
  for (const name of ['tfjs-core', 'tfjs-backend-cpu']) {
    rmSync(join(modules, '@tensorflow', name), { recursive: true, force: true });
  }
}

function unpackWheel() {
  const options = ['--no-deps', '--only-binary=:all:', `--python-version=${WHEEL_PYTHON}`, '--quiet'];
  run(
    'python3',
    ['-m', 'pip', 'download', ...options, '--dest', download, WHEEL],
    `Is a package index with ${WHEEL} reached, and are there 2 GB of disk?`,
  );
  const wheel = join(
    download,
    readdirSync(download).find((name) => name.endsWith('.whl')),
  );
  // Libraries to deps/lib and headers to deps/include: where the package's own build expects them.
  const unpack = `
import os, shutil, sys, zipfile
wheel, out, libraries, headers = sys.argv[1], sys.argv[2], sys.argv[3].split(), tuple(sys.argv[4].split())
with zipfile.ZipFile(wheel) as archive:
    for name in archive.namelist():
        inside = name.removeprefix('tensorflow/')
        header = inside.removeprefix('include/')
        if inside in libraries: to = 'lib/' + inside
        elif header != inside and header.startswith(headers) and header.endswith('.h'): to = 'include/' + header
        else: continue
        path = os.path.join(out, to)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with archive.open(name) as source, open(path, 'wb') as target: shutil.copyfileobj(source, target)
`;
  const deps = join(tfjsNode, 'deps');
  run('python3', ['-c', unpack, wheel, deps, LIBRARIES.join(' '), HEADERS.join(' ')], 'Is the disk full?');
  rmSync(download, { recursive: true });
  for (const library of LIBRARIES) {
    if (!existsSync(join(deps, 'lib', library))) fail(`${WHEEL} holds no ${library}.`);
  }
}

/** What the package's binding.gyp says, for these libraries. */
function compile() {
  // The package asks node-pre-gyp where its addon is.
  const addon = createRequire(join(tfjsNode, 'package.json'))('@mapbox/node-pre-gyp').find(
    join(tfjsNode, 'package.json'),
  );
  mkdirSync(dirname(addon), { recursive: true });
  const napi = /napi-v(\d+)/.exec(addon)[1];
  const includes = [join(modules, 'node-api-headers', 'include'), join(tfjsNode, 'deps', 'include')];
  const sources = ['tfjs_backend.cc', 'tfjs_binding.cc'].map((name) => join(tfjsNode, 'binding', name));
  run(
    'c++',
    [
      ...['-shared', '-fPIC', '-O2', '-std=c++17', `-DNAPI_VERSION=${napi}`],
      ...includes.flatMap((include) => ['-isystem', include]),
      ...sources,
      ...LIBRARIES.map((library) => join(tfjsNode, 'deps', 'lib', library)),
      `-Wl,-rpath,$ORIGIN/${relative(dirname(addon), join(tfjsNode, 'deps', 'lib'))}`,
      ...['-o', addon],
    ],
    'The addon could not be compiled.',
  );
}

function tryIt() {
  const program = `
const tf = require('@tensorflow/tfjs-node');
const four = tf.sum(tf.matMul(tf.ones([2, 2]), tf.ones([2, 1]))).dataSync()[0];
if (tf.getBackend() !== 'tensorflow' || four !== 4) throw new Error(tf.getBackend() + ' says ' + four);
console.log('tfjs-node ' + tf.version['tfjs-node'] + ' on TensorFlow ' + tf.backend().binding.TF_Version);`;
  run(process.execPath, ['-e', program], 'It was built and does not run.', { stdio: ['ignore', 1, 2] });
}

const wanted = `${TFJS} ${WHEEL} ${process.version}\n`;
check();
if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) {
  console.error('tfjs-node: built before');
} else {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  console.error(`tfjs-node: installing @tensorflow/tfjs-node ${TFJS} without its install script`);
  installPackages();
  console.error(`tfjs-node: fetching ${WHEEL}`);
  unpackWheel();
  console.error('tfjs-node: compiling the addon');
  compile();
}
// What does not run is built again the next time.
rmSync(stamp, { force: true });
tryIt();
writeFileSync(stamp, wanted);
console.log(`Tests against it: PINSAGE_TFJS_NODE=${relative(root, folder)} npm test`);
