// How many pins can be added one by one while queries go on? No peer takes a pin by its features: the limit beside it is how often
// this disk syncs a file.
import { fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Dataset, importDataset } from '@pinsage/graph';
import { embedPins, Recommender } from '@pinsage/inference';
import { PinSage, RunDirectory } from '@pinsage/model';

const PINS = 50_000;
const SECONDS = 8;
/** Calls that wait at once. */
const WRITERS = 64;
const READERS = 2;

export default async function live() {
  const folder = mkdtempSync(fileURLToPath(new URL('.live-', import.meta.url)));
  try {
    return await measure(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export function format(rows) {
  return rows
    .map(
      (row) =>
        `${row.id.padEnd(14)} ${row.perSecond.toFixed(0)} /s, p50 ${row.p50.toFixed(2)} ms, p99 ${row.p99.toFixed(2)} ms`,
    )
    .join('\n');
}

async function measure(folder) {
  const recommender = await Recommender.open(await makeRun(folder), { live: true });
  const add = await rates(WRITERS, (i) =>
    recommender.addPins([
      { id: `new${i}`, features: { title: `w${i % 997} w${i % 31}`, year: 1900 + (i % 100) }, boards: [i % 10_000] },
    ]),
  );
  let next = 0;
  const write = (i) =>
    recommender.addPins([
      { id: `n${i}`, features: { title: `w${i % 997} w${i % 31}` }, boards: [i % 10_000, (i * 7) % 10_000] },
    ]);
  const read = () => recommender.related(next++ % PINS, { columns: ['title'] });
  const [writes, reads] = await Promise.all([rates(WRITERS, write), rates(READERS, read)]);
  await recommender.close();
  return [
    { id: 'live.add', ...add },
    { id: 'live.add+reads', ...writes },
    { id: 'live.reads', ...reads },
    { id: 'disk.sync', ...syncs(join(folder, 'syncs')) },
  ];
}

async function rates(workers, call) {
  const end = performance.now() + 1000 * SECONDS;
  const times = [];
  let next = 0;
  const work = async () => {
    while (performance.now() < end) {
      const start = performance.now();
      await call(next++);
      times.push(performance.now() - start);
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
  return { perSecond: times.length / SECONDS, ...quantiles(times) };
}

function syncs(path) {
  const file = openSync(path, 'w');
  const times = Array.from({ length: 200 }, () => {
    const start = performance.now();
    writeSync(file, Buffer.alloc(1000));
    fdatasyncSync(file);
    return performance.now() - start;
  });
  return { perSecond: 1000 / (times.reduce((sum, time) => sum + time) / times.length), ...quantiles(times) };
}

function quantiles(times) {
  times.sort((a, b) => a - b);
  return { p50: times[times.length >> 1], p99: times[Math.floor(0.99 * times.length)] };
}

/** A run of an untrained model of the usual size. */
async function makeRun(folder) {
  const word = (salt, of) => `'w' || (hash(i + ${salt}) % ${of})`;
  const directory = join(folder, 'dataset');
  await importDataset({
    edges: `SELECT hash(i) % ${PINS} AS pin, hash(i * 31 + 7) % 10000 AS board FROM range(500000) AS edges(i)`,
    pin: 'pin',
    board: 'board',
    pins: `SELECT CAST(i AS VARCHAR) || '' AS id, ${word(1, 997)} || ' ' || ${word(2, 31)} AS title, 1900 + i % 100 AS year FROM range(${PINS}) AS pins(i) UNION ALL SELECT 'x', 'w', 1900`,
    pinId: 'id',
    features: [
      { name: 'title', kind: 'text' },
      { name: 'year', kind: 'number' },
    ],
    out: directory,
  });
  const path = join(folder, 'run');
  const { modelPath } = await RunDirectory.create(path, { dataset: directory, split: null, model: {}, trainer: {} });
  const dataset = await Dataset.open(directory);
  const model = new PinSage({ features: dataset.features, width: 256, hidden: 512, output: 128 });
  model.neighborhoods = { walks: 50, neighbors: 10 };
  (await embedPins(model, dataset, await dataset.graph(), { out: path })).close();
  await model.save(modelPath);
  await dataset.close();
  return path;
}
