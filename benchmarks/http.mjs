// How many requests a second `pinsage serve` answers, and how soon: related pins over HTTP from 32 connections, in processes of their own.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import autocannon from 'autocannon';
import { servingRun } from './lib/serving-run.mjs';

const pinsage = fileURLToPath(new URL('../packages/cli/bin/pinsage.js', import.meta.url));

/** About as many as the Tate collection has. */
const PINS = 70_000;
const CONNECTIONS = 32;
/** That each question is asked for; the main one for longer, to see that nothing fails. */
const SECONDS = 10;
const SECONDS_OF_RELATED = 60;
/** Pins that are asked for. */
const QUERIES = 5000;

const gets = (path) => Array.from({ length: QUERIES }, (_, i) => ({ method: 'GET', path: path(pin(i)) }));
const posts = (path, body) =>
  Array.from({ length: QUERIES }, (_, i) => ({
    method: 'POST',
    path,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body(i)),
  }));

function pin(i) {
  return String((i * 7919) % PINS);
}

const RELATED = 'related, top 10';
const QUESTIONS = {
  health: gets(() => '/health'),
  [RELATED]: gets((id) => `/v1/pins/${id}/related`),
  'related, top 10, with titles': gets((id) => `/v1/pins/${id}/related?columns=title`),
  'home feed of two pins': posts('/v1/home-feed', (i) => ({ pins: [{ id: pin(i) }, { id: pin(i + 1) }] })),
};

export default async function http() {
  const service = await serve(await servingRun(PINS));
  const rows = [];
  try {
    for (const [name, requests] of Object.entries(QUESTIONS)) {
      const seconds = name === RELATED ? SECONDS_OF_RELATED : SECONDS;
      rows.push(await measure(name, service.url, requests, seconds));
    }
  } finally {
    await service.stop();
  }
  return rows;
}

async function measure(name, url, requests, seconds) {
  // The first second warms up: compiled code, pages of the mapped files.
  await load(url, requests, 1);
  const { latency, requests: rate, errors, non2xx } = await load(url, requests, seconds);
  const milliseconds = (value) => Number(value.toFixed(1));
  return {
    requests: name,
    'requests/s': Math.round(rate.average),
    'p50 ms': milliseconds(latency.p50),
    'p99 ms': milliseconds(latency.p99),
    'worst ms': milliseconds(latency.max),
    errors: errors + non2xx,
  };
}

function load(url, requests, duration) {
  return autocannon({ url, requests, duration, connections: CONNECTIONS });
}

/** The command as people start it, with its log going nowhere. */
async function serve(run) {
  const args = [pinsage, 'serve', run, '--port', '0', '--log-level', 'info'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const url = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.includes('"ready"')) resolve(JSON.parse(line).url);
    });
    ended.then((code) => reject(new Error(`The service has ended with ${code}.`)));
  });
  return {
    url,
    stop() {
      child.kill('SIGTERM');
      return ended;
    },
  };
}

/** One row a kind of request. */
export function format(rows) {
  const names = Object.keys(rows[0]);
  const lines = [names, ...rows.map((row) => names.map((name) => String(row[name])))];
  const widths = names.map((_, i) => Math.max(...lines.map((line) => line[i].length)));
  const pad = (text, i) => (i === 0 ? text.padEnd(widths[i]) : text.padStart(widths[i]));
  return lines.map((line) => `  ${line.map(pad).join('  ')}`).join('\n');
}
