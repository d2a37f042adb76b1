// How fast are embeddings on Spark, stage by stage? And a layer's pooling, against Spark SQL alone?
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Dataset } from '@pinsage/graph';
import { embedPins } from '@pinsage/inference';
import { PinSage, RunDirectory } from '@pinsage/model';
import { pythonEnvironment } from '../scripts/python-environment.mjs';
import { servingDataset } from './lib/serving-run.mjs';
import { aligned, duration } from './lib/table.mjs';

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));

/** 20,000 pins, or as many as --only says (a million works), with 20 times as many edges and 50 neighbours each. */
export default async function spark({ threads, only }) {
  const python = pythonEnvironment(path('../.venv-spark'), path('../scripts/spark-requirements.txt'));
  if (python === null) throw new Error('PySpark could not be installed.');
  const pins = Number(only ?? 20_000);
  const dataset = await servingDataset(pins);
  const folder = await mkdtemp(join(tmpdir(), 'pinsage-spark-'));
  try {
    const { run, seconds } = await makeRun(join(folder, 'run'), dataset, threads);
    const request = {
      dataset,
      run,
      folder,
      threads,
      worker: `${process.execPath} ${path('../packages/spark/bin/pinsage-spark-worker.js')}`,
      pins,
      vectors: 100_000,
    };
    return [{ part: 'one machine', name: 'embedPins', seconds, rows: pins }, ...(await onSpark(python, request))];
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** A run with a model that has not been trained, and the seconds in which it embeds on one machine. */
async function makeRun(run, dataset, threads) {
  const { modelPath } = await RunDirectory.create(run, { dataset, split: null, model: {}, trainer: {} });
  const opened = await Dataset.open(dataset);
  const model = new PinSage({ features: opened.features, neighborhoods: { walks: 100, hops: 3, neighbors: 50 } });
  await model.save(modelPath);
  const started = performance.now();
  const embeddings = await embedPins(model, opened, await opened.graph(), { out: run, threads });
  const seconds = (performance.now() - started) / 1000;
  embeddings.close();
  model.dispose();
  await opened.close();
  return { run, seconds };
}

/** Rows as peers/spark.py measures them. */
async function onSpark(python, request) {
  const env = { ...process.env, PYTHONPATH: path('../packages/spark/python'), PYSPARK_PYTHON: python };
  const child = spawn(python, [path('peers/spark.py')], { stdio: ['pipe', 'pipe', 'inherit'], env });
  child.stdin.end(JSON.stringify(request));
  let answer = '';
  for await (const chunk of child.stdout) answer += chunk;
  return JSON.parse(answer);
}

export function format(rows) {
  const megabytes = (bytes) => (bytes === undefined ? '' : `${(bytes / 1e6).toFixed(1)} MB`);
  const lines = rows.map(({ part, name, seconds, rows: count, written }) => [
    part,
    name,
    seconds ? duration(seconds) : '',
    `${count}`,
    seconds ? `${Math.round(count / seconds)}` : '',
    megabytes(written),
  ]);
  return aligned([['', '', 'time', 'rows', 'rows/s', 'shuffled'], ...lines]);
}
