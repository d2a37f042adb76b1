import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Dataset, importDataset } from '@pinsage/graph';
import { RunDirectory } from '@pinsage/model';
import { createSafetensors } from '@pinsage/native';
import { fillClustered } from './vectors.mjs';

const cache = fileURLToPath(new URL('../.cache/serving', import.meta.url));

/** A dataset with the shape of the benchmark graph: both ends of an edge by Zipf's law with exponent .75. Made on first use, then kept. */
export async function servingDataset(pins) {
  const boards = pins / 5;
  // Drawn before duplicates are merged.
  const edges = 20 * pins;
  const dataset = join(cache, `dataset-${pins}`);
  if (existsSync(join(dataset, 'manifest.json'))) return dataset;
  console.error(`benchmarks: importing ${pins} pins and ${edges} edges once`);
  mkdirSync(cache, { recursive: true });
  await importDataset({
    edges: `SELECT ${zipf(0, pins)} AS pin, ${zipf(1, boards)} AS board FROM range(${edges}) AS edges(i)`,
    pin: 'pin',
    board: 'board',
    pins: `SELECT i AS id, 'Pin number ' || i AS title, 1900 + i % 125 AS year FROM range(${pins}) AS pins(i)`,
    pinId: 'id',
    title: 'title',
    features: [{ name: 'year', kind: 'number' }],
    out: dataset,
  });
  return dataset;
}

/** A run on such a dataset with random embeddings around a few thousand centres, as trained ones lie; made on first use, then kept. */
export async function servingRun(pins = 1_000_000, width = 128) {
  const dataset = await servingDataset(pins);
  const run = join(cache, `run-${pins}-${width}`);
  await runWith(run, dataset, width);
  return run;
}

/** A run directory of a dataset, with random embeddings. */
async function runWith(run, dataset, width) {
  if (existsSync(join(run, 'embeddings.safetensors'))) return;
  if (!existsSync(join(run, 'config.json')))
    await RunDirectory.create(run, { dataset, split: null, model: {}, trainer: {} });
  const opened = await Dataset.open(dataset);
  const { pins, manifest } = opened;
  await opened.close();
  const file = await createSafetensors(
    join(run, 'embeddings.safetensors'),
    { embeddings: { dtype: 'F32', shape: [pins, width] } },
    { pins: manifest.files['pins.parquet'].sha256 },
  );
  fillClustered(file.get('embeddings'), width);
  await file.commit();
}

/** An id at rank r with probability ~ r^-.75, ranks scattered over the ids. */
function zipf(salt, n) {
  const uniform = `(hash(2 * i + ${salt}) >> 11) / 9007199254740992.0`;
  const rank = `LEAST(${n - 1}, CAST(floor(power(${uniform} * (power(${n}, 0.25) - 1) + 1, 4)) AS BIGINT) - 1)`;
  return `(${rank} * 7368787) % ${n}`;
}
