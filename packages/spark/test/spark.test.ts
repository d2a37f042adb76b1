import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { DuckDBInstance } from '@duckdb/node-api';
import { embedPins, importEmbeddings } from '@pinsage/inference';
import { PinSage } from '@pinsage/model';
import { importancePool } from '@pinsage/tensor';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, embedOnSpark, missing, processesWith, readLog, runCommand, startCluster } from './spark.js';
import { type Collection, largestDifference, makeCollection, PINS, worker } from './support.js';

const reason = missing();
const TOLERANCE = 1e-5;

describe.skipIf(reason !== undefined)(`on Spark${reason ? ` (${reason})` : ''}`, () => {
  let collection: Collection;
  let run: string;
  /** The worker under a name of its own, by which its processes are found. */
  let command: string;
  let expected: number[];

  beforeAll(async () => {
    collection = await makeCollection();
    run = await collection.run('run');
    const link = join(collection.directory, 'worker.js');
    await symlink(worker, link);
    command = `${process.execPath} ${link}`;
    using model = await PinSage.load(join(run, 'model.safetensors'));
    expected = [...(await embedPins(model, collection.dataset, await collection.dataset.graph())).vectors];
  });
  afterAll(() => collection.close());

  const path = (name: string) => join(collection.directory, name);
  const given = () => ({ dataset: collection.dataset.directory, run, worker: command });
  const ids = Array.from({ length: PINS }, (_, pin) => `p${pin}`);

  function expectEmbeddings({ ids: found, embeddings, error }: Omit<Answer, 'said'>, wanted: ArrayLike<number>): void {
    expect(error).toBe(undefined);
    expect(found).toEqual(ids);
    expect(largestDifference(embeddings.flat(), wanted)).toBeLessThan(TOLERANCE);
  }

  /** Processes end a moment after their parents. */
  async function expectNoWorkers(): Promise<void> {
    for (let tries = 0; tries < 100 && (await processesWith(path('worker.js'))).length > 0; ++tries)
      await setTimeout(100);
    expect(await processesWith(path('worker.js'))).toEqual([]);
  }

  it('embeds as one machine does, computes nothing twice, goes on after a failure, and spreads what is skewed', async () => {
    await writeFile(path('failing.mjs'), failingWorker(path('worker.js')));
    const failing = { ...given(), worker: `${process.execPath} ${path('failing.mjs')}`, work: path('work') };
    const reading = await collection.run('reading', { boardVector: true, boards: collection.dataset.boards });
    const skewed = await writeSkewed(path('skewed.parquet'));
    await writeParquet(path('strange.parquet'), [{ pin: 'p3', neighbor: 'q4', weight: 1 }]);
    for (const work of ['spread.work', 'elsewhere.work']) {
      await mkdir(path(work));
      const owner = {
        host: 'another',
        pid: 7,
        started: '1',
        application: 'local-1',
        since: '2020-01-01T00:00:00+00:00',
      };
      await writeFile(path(`${work}/lock`), JSON.stringify(owner));
    }
    await writeFeatures(path('features.parquet'), collection);
    const table = `'${path('features.parquet')}'`;
    const strangeFeatures: [string, string, RegExp][] = [
      ['unnamed', `SELECT * RENAME (pin AS pins) FROM ${table}`, /no column 'pin'; it has/],
      [
        'typed',
        `SELECT * REPLACE (CAST(year AS VARCHAR) AS year) FROM ${table}`,
        /'year' .* is of type string; allowed: a number/,
      ],
      [
        'unknown',
        `SELECT * REPLACE (IF(pin = 'p9', 'q9', pin) AS pin) FROM ${table}`,
        /the pin 'q9'; allowed: ids of pins/,
      ],
      ['twice', `FROM ${table} UNION ALL FROM ${table} WHERE pin = 'p9'`, /the pin 'p9' 2 times; allowed: once/],
      [
        'fewer',
        `FROM ${table} WHERE pin <> 'p9'`,
        /the #degree None for the pin 'p9'; allowed: the number of its boards/,
      ],
      [
        'wide',
        `SELECT * REPLACE (IF(pin = 'p9', [1, 2], image) AS image) FROM ${table}`,
        /pin 'p9'\.image is .*; allowed: 3 numbers/,
      ],
    ];
    for (const [name, rows] of strangeFeatures)
      await query(`COPY (${rows}) TO '${path(`${name}.parquet`)}' (FORMAT parquet)`);
    await cp(collection.dataset.directory, path('hidden'), { recursive: true });
    await writeFile(path('hiding.mjs'), hidingWorker(path('worker.js'), path('hidden')));
    const tabled = {
      ...given(),
      work: path('spread.work'),
      neighborhoods: path('skewed.parquet'),
      blocks: 4,
      split: 20,
    };
    await mkdir(path('events'));
    await mkdir(path('taken'));
    await symlink(collection.dataset.directory, path('data/films'));
    await mkdir(path('runs'));
    await symlink(run, path('runs/films'));
    const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
    const { answers, printed } = await embedOnSpark(
      collection.directory,
      { 'spark.master': 'local[2]', 'spark.eventLog.dir': path('events') },
      [
        { ...failing, out: path('out'), blocks: 3 },
        { ...failing, ...given(), out: path('out'), blocks: 3 },
        { ...failing, ...given(), out: path('out'), blocks: 3 },
        {
          ...given(),
          out: path('spread'),
          neighborhoods: path('skewed.parquet'),
          blocks: 4,
          split: 20,
          break_lock: true,
        },
        { ...given(), out: path('strange'), neighborhoods: path('strange.parquet') },
        { ...given(), out: path('taken'), work: path('work') },
        { ...given(), out: path('absent'), worker: 'no-such-worker' },
        { ...given(), out: path('elsewhere') },
        { ...given(), run: reading, out: path('read'), features: path('features.parquet') },
        {
          ...tabled,
          dataset: path('hidden'),
          worker: `${process.execPath} ${path('hiding.mjs')}`,
          out: path('tabled'),
          features: path('features.parquet'),
        },
        ...strangeFeatures.map(([name]) => ({ ...tabled, out: path(name), features: path(`${name}.parquet`) })),
      ],
      /```python\n(.*?)```/s.exec(readme)![1],
    );
    const [failed, resumed, again, spread, strange, taken, absent, elsewhere, read, hidden, ...refused] = answers;

    expect(failed.said.at(-1)).toBe('embeddings: computing');
    expect(failed.error).toMatch(/The Node worker failed: out of power/);
    const tables = ['ids', 'neighborhoods', 'heavy', 'edges', 'layer-0', 'layer-1'].map(
      (name) => `${name}: is there already`,
    );
    expect(resumed.said).toEqual([...tables, 'embeddings: computing']);
    expectEmbeddings(resumed, expected);
    expect(again.said).toEqual([...tables, 'embeddings: is there already']);
    expect(again.embeddings).toEqual(resumed.embeddings);
    using served = await importEmbeddings(path('out'), collection.dataset, { width: 10, out: run });
    expect([...served.vectors]).toEqual(resumed.embeddings.flat());

    expectEmbeddings(spread, await embedOver(skewed));
    const { tasks } = await readLog(path('events'));
    const stages = [...new Set(tasks.map(({ stage }) => stage))].map((id) => tasks.filter(({ stage }) => stage === id));
    const layers = stages.filter((stage) => stage.length === 4 && sum(stage) > PINS);
    // Two layers, and the parts of each, for two calls.
    expect(layers.length).toBe(8);
    for (const stage of layers) expect(Math.max(...stage.map(({ rows }) => rows)) / sum(stage)).toBeLessThan(0.4);

    expect(strange.error).toMatch(/the row \{.*'q4'.*\}; allowed: ids of pins of the dataset/);
    expect(taken.error).toMatch(/taken is there already, and was not written from/);
    expect(absent.error).toMatch(/'no-such-worker' could not be started/);
    expect(elsewhere.error).toMatch(/elsewhere\.work\/lock is held by process 7 on another .*begin with --break-lock/);
    expect(read.error).toMatch(/The model reads what boards its pins are on/);
    expectEmbeddings(hidden, await embedOver(skewed));
    expect(existsSync(path('hidden'))).toBe(false);
    expect(hidden.said).toEqual([
      ...tables.slice(0, 4),
      ...['layer-0', 'parts-0', 'layer-1', 'parts-1', 'embeddings'].map((name) => `${name}: computing`),
    ]);
    for (const [i, [, , message]] of strangeFeatures.entries()) expect(refused[i].error).toMatch(message);
    expect(printed.match(/p\d+/g)).toEqual(['p0', 'p1', 'p2']);
    await expectNoWorkers();
  });

  it('embeds on a cluster, one of whose two workers is killed half-way', async () => {
    await mkdir(path('cluster-events'));
    const cluster = await startCluster(path('cluster'), 2);
    try {
      let killed = false;
      const { dataset, worker } = given();
      const args = [
        '--dataset',
        dataset,
        '--run',
        run,
        '--worker',
        worker,
        '--out',
        path('clustered'),
        '--blocks',
        '4',
      ];
      await runCommand(
        { 'spark.executor.memory': '512m', 'spark.eventLog.dir': path('cluster-events') },
        ['embed', '--master', cluster.url, ...args],
        (text) => {
          if (killed || !text.includes('layer-1: computing')) return;
          killed = true;
          cluster.kill(1);
        },
      );
      expect((await readLog(path('cluster-events'))).lostExecutors).toBe(1);
      expectEmbeddings(await readParquet(path('clustered')), expected);
    } finally {
      await cluster.stop();
    }
    await expectNoWorkers();
  });

  it('lets one driver at a time into a work directory, and one that is killed locks nobody out', async () => {
    const conf = { 'spark.master': 'local[2]', 'spark.eventLog.enabled': 'false' };
    const args = (command: string) => {
      const { dataset } = given();
      return ['embed', '--dataset', dataset, '--run', run, '--worker', command, '--out', path('locked')];
    };
    await writeFile(path('waiting.mjs'), waitingWorker(path('worker.js')));
    let killFirst: () => void = () => {};
    let first: Promise<void>;
    await new Promise<void>((computing, ended) => {
      first = runCommand(conf, args(`${process.execPath} ${path('waiting.mjs')}`), (text, kill) => {
        killFirst = kill;
        if (text.includes('neighborhoods: computing')) computing();
      });
      first.catch(ended);
    });
    await expect(runCommand(conf, args(command))).rejects.toThrow(
      /locked\.work\/lock is held by process \d+ on .*Two drivers cannot share a work directory/,
    );
    killFirst();
    await expect(first!).rejects.toThrow(/ended with status null/);
    await runCommand(conf, args(command));
    expectEmbeddings(await readParquet(path('locked')), expected);
    expect(await readdir(path('locked.work'))).not.toContain('lock');
    for (let tries = 0; tries < 100 && (await processesWith(path('waiting.mjs'))).length > 0; ++tries)
      await setTimeout(100);
    expect(await processesWith(path('waiting.mjs'))).toEqual([]);
  });

  /** The embeddings over given neighbourhoods, on one machine. */
  async function embedOver(edges: Edge[]): Promise<Float32Array> {
    using model = await PinSage.load(join(run, 'model.safetensors'));
    const graph = await collection.dataset.graph();
    const all = Uint32Array.from({ length: PINS }, (_, pin) => pin);
    const sources = model.sources(collection.dataset, graph);
    const { features } = await graph.batch(all, { layers: 1, neighbors: 1, features: sources });
    return tf.tidy(() => {
      const given = new Float32Array(PINS * PINS);
      for (const { pin, neighbor, weight } of edges) given[PINS * number(pin) + number(neighbor)] = weight;
      const weights = tf.tensor2d(given, [PINS, PINS]);
      const neighbors = tf.tensor2d(
        Int32Array.from(given, (_, i) => i % PINS),
        [PINS, PINS],
        'int32',
      );
      const h0 = tf.slice(model.inputs(features), [0, 0], [PINS, -1]);
      let h = h0;
      for (let layer = 0; layer < model.config.layers; ++layer)
        h = model.combine(layer, h, importancePool(model.transform(layer, h), neighbors, weights));
      return model.project(h, h0).dataSync() as Float32Array;
    });
  }
});

interface Edge {
  pin: string;
  neighbor: string;
  weight: number;
}

/** p0 is everyone's neighbour, and everyone is p1's. */
async function writeSkewed(path: string): Promise<Edge[]> {
  const edges = Array.from({ length: PINS }, (_, i) => [
    { pin: `p${i}`, neighbor: 'p0', weight: 1 + (i % 3) },
    { pin: 'p1', neighbor: `p${i}`, weight: 1 + (i % 5) },
  ]).flat();
  // What both of them say is said once.
  const once = edges.filter(({ pin, neighbor, weight }) => !(pin === 'p1' && neighbor === 'p0' && weight === 1));
  await writeParquet(path, once);
  return once;
}

/** The features of the collection's pins, as they were imported, in types that a table of Spark's has. */
async function writeFeatures(path: string, { dataset, directory }: Collection): Promise<void> {
  const degrees = (await dataset.graph()).pinDegrees();
  const rows = Array.from(degrees, (degree, pin) => `('p${pin}', ${degree})`).join(', ');
  await query(
    `COPY (
       SELECT id AS pin, title, string_split(genres, '|') AS genres, year, CAST(image AS DOUBLE[]) AS image, degree AS "#degree"
       FROM read_json('${directory}/pins.jsonl') JOIN (VALUES ${rows}) AS t(id, degree) USING (id)
     ) TO '${path}' (FORMAT parquet)`,
  );
}

async function writeParquet(path: string, edges: Edge[]): Promise<void> {
  const rows = edges.map(({ pin, neighbor, weight }) => `('${pin}', '${neighbor}', ${weight}::FLOAT)`).join(', ');
  await query(`COPY (SELECT * FROM (VALUES ${rows}) AS t(pin, neighbor, weight)) TO '${path}' (FORMAT parquet)`);
}

/** A table of embeddings that Spark has written. */
async function readParquet(path: string): Promise<{ ids: string[]; embeddings: number[][] }> {
  const rows = await query(`SELECT id, embedding FROM read_parquet('${path}/*.parquet') ORDER BY row`);
  return { ids: rows.map(({ id }) => id as string), embeddings: rows.map(({ embedding }) => embedding as number[]) };
}

async function query(sql: string): Promise<Record<string, unknown>[]> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    return (await connection.runAndReadAll(sql)).getRowObjectsJS();
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** A worker that fails as soon as it is to compute the second layer. */
const failingWorker = (real: string) => `
  import { spawn } from 'node:child_process';
  const child = spawn(process.execPath, ['${real}', ...process.argv.slice(2)], { stdio: ['pipe', 'inherit', 'inherit'] });
  child.on('exit', (status) => process.exit(status));
  process.stdin.on('end', () => child.stdin.end()).on('data', (chunk) => {
    if (!chunk.includes('"layer": 1')) return child.stdin.write(chunk);
    console.error('out of power');
    child.kill('SIGKILL');
    process.exit(7);
  });`;

/** A worker that takes the dataset away once it is described. */
const hidingWorker = (real: string, dataset: string) => `
  import { rmSync } from 'node:fs';
  if (process.argv[2] !== 'describe') rmSync('${dataset}', { recursive: true, force: true });
  await import('${real}');`;

/** A worker that describes, and then does nothing until its input ends. */
const waitingWorker = (real: string) => `
  if (process.argv[2] === 'describe') await import('${real}');
  else process.stdin.resume();`;

function number(id: string): number {
  return Number(id.slice(1));
}

function sum(tasks: { rows: number }[]): number {
  return tasks.reduce((total, { rows }) => total + rows, 0);
}
