// How fast is approximate search over vectors: making an index, and a query's answer at the same recall?
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { searchVectors, VectorIndex } from '@pinsage/native';
import { startPeer } from './lib/peer.mjs';
import { aligned, duration } from './lib/table.mjs';
import { fillClustered, fillRandom } from './lib/vectors.mjs';

const WIDTH = 256;
const TOP = 10;
const QUERIES = 300;
const RECALL = 0.98;
const EXPANSIONS = [16, 32, 64, 128, 256, 512, 1024, 2048, 4096];
/** As trained embeddings lie, around a few thousand centres; and with nothing that a graph could find its way by. */
const DATA = [
  { data: 'centres', fill: fillClustered, stores: ['f32', 'f16', 'i8'], peers: ['usearch', 'hnswlib', 'lancedb'] },
  { data: 'random', fill: fillRandom, stores: ['f16'], peers: ['usearch', 'hnswlib'] },
];

/** 100,000 vectors of each kind, or as many as --only says. */
export default async function vectorIndex({ threads, only }) {
  const rows = [await emptyCall()];
  for (const each of DATA) rows.push(...(await measure(each, Number(only ?? 100_000), threads)));
  return rows;
}

async function measure({ data, fill, stores, peers }, count, threads) {
  const vectors = fill(new Float32Array(count * WIDTH), WIDTH);
  const queries = vectors.slice(0, QUERIES * WIDTH);
  const exact = await searchVectors(queries, vectors, { width: WIDTH, top: TOP });
  const folder = await mkdtemp(join(tmpdir(), 'pinsage-vectors-'));
  const files = { vectors: join(folder, 'vectors'), queries: join(folder, 'queries'), index: join(folder, 'index') };
  await writeFile(files.vectors, vectors);
  await writeFile(files.queries, queries);
  const rows = [];
  try {
    for (const store of stores)
      rows.push({ data, ...(await ours(store, { files, vectors, queries, exact, threads })) });
    for (const index of peers) rows.push({ data, ...(await peer(index, { files, exact, threads })) });
  } finally {
    await rm(folder, { recursive: true });
  }
  return rows;
}

/** What a call takes that has nothing to search: the way to a worker thread and back. */
async function emptyCall() {
  const index = VectorIndex.create({ width: WIDTH });
  const query = Float32Array.from({ length: WIDTH }, () => 1);
  await index.add(Uint32Array.of(0), query);
  const seconds = [];
  for (let round = 0; round < QUERIES; round++) {
    const begun = performance.now();
    await index.search(query, { top: 1 });
    seconds.push((performance.now() - begun) / 1000);
  }
  await index.close();
  return { index: 'ours, one vector, by a worker thread', ...quantiles(seconds) };
}

/** As a service has it: saved, mapped, and asked on the calling thread, as the peers are. */
async function ours(store, { files, vectors, queries, exact, threads }) {
  const keys = Uint32Array.from({ length: vectors.length / WIDTH }, (_, row) => row);
  const made = VectorIndex.create({ width: WIDTH, store });
  const started = performance.now();
  await made.add(keys, vectors, { threads });
  const build = (performance.now() - started) / 1000;
  await made.save(files.index);
  await made.close();
  const index = await VectorIndex.open(files.index);
  const ask = async (expansion) => {
    const answer = { seconds: [], found: [] };
    for (let q = 0; q < QUERIES; q++) {
      const query = queries.subarray(q * WIDTH, (q + 1) * WIDTH);
      const begun = performance.now();
      const { ids } = index.searchNow(query, { top: TOP, expansion });
      answer.seconds.push((performance.now() - begun) / 1000);
      answer.found.push([...ids]);
    }
    return answer;
  };
  const measured = await atRecall(ask, exact);
  await index.close();
  return { index: `ours, ${store}`, build, ...measured };
}

async function peer(index, { files, exact, threads }) {
  const process = await startPeer('indices.py', { threads, packages: 'indices' });
  if (process === null) return { index, missing: 'it could not be installed' };
  try {
    const { seconds } = await process.call({ op: 'build', index, vectors: files.vectors, width: WIDTH, threads });
    const ask = (expansion) =>
      process.call({ op: 'ask', queries: files.queries, width: WIDTH, top: TOP, expansion, index });
    return { index: `${index} (Python)`, build: seconds, ...(await atRecall(ask, exact)) };
  } catch (error) {
    return { index, missing: error.message };
  } finally {
    process.close();
  }
}

/** The latency with the fewest candidates that reach the recall, or with the most there are. */
async function atRecall(ask, exact) {
  let measured;
  for (const expansion of EXPANSIONS) {
    const { seconds, found } = await ask(expansion);
    measured = { expansion, recall: recall(found, exact.ids), ...quantiles(seconds) };
    if (measured.recall >= RECALL) break;
  }
  return measured;
}

function quantiles(seconds) {
  const sorted = Float64Array.from(seconds).sort();
  const at = (share) => sorted[Math.floor(share * sorted.length)];
  return { p50: at(0.5), p99: at(0.99) };
}

function recall(found, exact) {
  let hits = 0;
  found.forEach((keys, q) => {
    const wanted = new Set(exact.subarray(q * TOP, (q + 1) * TOP));
    hits += keys.filter((key) => wanted.has(key)).length;
  });
  return hits / exact.length;
}

export function format(rows) {
  const lines = rows.map(({ data = '', index, missing, build, expansion, recall: reached, p50, p99 }) =>
    missing === undefined
      ? [
          data,
          index,
          build ? duration(build) : '',
          `${expansion ?? ''}`,
          reached?.toFixed(3) ?? '',
          duration(p50),
          duration(p99),
        ]
      : [data, index, `missing: ${missing}`, '', '', '', ''],
  );
  return aligned([['vectors', 'index', 'build', 'candidates', 'recall@10', 'p50', 'p99'], ...lines]);
}
