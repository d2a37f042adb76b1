// Asks `pinsage serve` more than 10,000 random things, valid and not, reads and writes, by its OpenAPI document (schemathesis, a Python
// program): npm run fuzz -w pinsage. Fails on a status of 500 or more, and on an answer that is not as the document has it.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { pythonEnvironment } from '../../../scripts/python-environment.mjs';
import { withKnownNames } from './known-names.mjs';

const REQUESTS = 10_000;

const file = (path) => fileURLToPath(new URL(path, import.meta.url));
const PINSAGE = file('../bin/pinsage.js');

const python = pythonEnvironment(file('../.venv'), file('fuzz-requirements.txt'));
if (python === null) throw new Error('schemathesis could not be installed.');
const folder = mkdtempSync(join(tmpdir(), 'pinsage-fuzz-'));
try {
  process.exitCode = (await fuzz()) ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true });
}

async function fuzz() {
  const keys = join(folder, 'keys.txt');
  const run = makeRun();
  const [key] = /ps_\S+/.exec(pinsage('serve', '--new-key', keys));
  const service = await serve(run, '--live', '--keys', keys);
  const document = await (await fetch(`${service.url}/openapi.json`)).json();
  // Hardly a random id is a pin's: with those that there are, requests get further.
  const conforms =
    (await schemathesis(document, service.url, key, '--max-examples', '250')) &&
    (await schemathesis(withKnownNames(document), service.url, key, '--max-examples', '250', '--mode', 'positive'));
  const counts = await countRequests(service.url, key);
  service.child.kill();
  const [code] = await once(service.child, 'close');
  const sum = (statuses) => statuses.reduce((total, [, count]) => total + count, 0);
  const total = sum(counts);
  const failed = sum(counts.filter(([status]) => status >= 500));
  console.log(counts.map(([status, count]) => `${status}: ${count}`).join(', '));
  console.log(`${total} requests, ${failed} server errors; the service ended with ${code}`);
  if (total < REQUESTS) console.error(`These are fewer than ${REQUESTS}.`);
  return conforms && failed === 0 && total >= REQUESTS && code === 0;
}

/** A small collection, and a model that was hardly trained: what it answers does not matter here. */
function makeRun() {
  const pins = `SELECT 'p' || range AS id, 'boat ' || range % 7 || ' at sea' AS title, 1700 + range % 300 AS year,
    CASE range % 2 WHEN 0 THEN 'oil|paper' ELSE 'stone' END AS genres FROM range(400)`;
  const edges = `SELECT 'p' || hash(range) % 390 AS pin, 'b' || range % 41 AS board FROM range(3000)`;
  const features = ['title:text', 'genres:categories', 'year:number'].flatMap((feature) => ['--feature', feature]);
  const [data, run] = [join(folder, 'data'), join(folder, 'run')];
  pinsage(
    'import',
    edges,
    '--pin',
    'pin',
    '--board',
    'board',
    '--pins',
    pins,
    '--pin-id',
    'id',
    ...features,
    '--out',
    data,
  );
  pinsage('train', data, '--out', run, '--set', 'model.output=16', '--steps', '10');
  return run;
}

function pinsage(...args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [PINSAGE, ...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`pinsage ${args[0]}: ${stderr}`);
  return stdout + stderr;
}

async function serve(run, ...flags) {
  const child = spawn(process.execPath, [PINSAGE, 'serve', run, '--port', '0', ...flags], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return new Promise((resolve, reject) => {
    child.once('close', () => reject(new Error('The service ended before it was ready.')));
    createInterface({ input: child.stdout }).on('line', (line) => {
      const { msg, url, level } = JSON.parse(line);
      if (msg === 'ready') resolve({ child, url });
      if (level >= 40) console.error(line);
    });
  });
}

async function schemathesis(document, url, key, ...flags) {
  const path = join(folder, 'openapi.json');
  writeFileSync(path, JSON.stringify(document));
  const [program, config] = [join(python, '../schemathesis'), file('fuzz.toml')];
  const settings = ['--url', url, '--seed', '1', '--header', `Authorization: Bearer ${key}`, ...flags];
  const child = spawn(program, ['--config-file', config, 'run', path, ...settings], { cwd: folder, stdio: 'inherit' });
  const [status] = await once(child, 'close');
  return status === 0;
}

/** Requests that the service has answered, by status, as it counts them itself. */
async function countRequests(url, key) {
  const headers = { authorization: `Bearer ${key}` };
  const text = await (await fetch(`${url}/metrics`, { headers })).text();
  const counts = new Map();
  for (const [, status, count] of text.matchAll(
    /^pinsage_http_request_duration_seconds_count\{.*status="(\d+)"\} (\d+)$/gm,
  ))
    counts.set(Number(status), (counts.get(Number(status)) ?? 0) + Number(count));
  return [...counts].sort(([a], [b]) => a - b);
}
