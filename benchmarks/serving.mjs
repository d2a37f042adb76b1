import { setImmediate } from 'node:timers/promises';
import { Recommender } from '@pinsage/inference';
import { servingRun } from './lib/serving-run.mjs';
import { aligned, duration } from './lib/table.mjs';

const QUERIES = 1000;
const TOP = 10;

/**
 * Related pins in process, one query after the other: time to open a run (its files cached by the system), latency, and recall of the
 * exact answer. On 1M pins, on as many as --only says, or on the run given with --graph.
 */
export default async function serving({ graph: given, only }) {
  const run = given ?? (await servingRun(only && Number(only)));
  const exact = await opened(run, { search: 'exact' });
  const { rows: pins } = exact.recommender.catalogue;
  const queries = Array.from({ length: QUERIES }, (_, i) => (i * 7919 + 13) % pins);
  const ids = queries.map((row) => exact.recommender.catalogue.pinId(row));
  const few = queries.slice(0, 200);
  const expected = await answers(exact.recommender, few);
  const rows = [
    { what: 'open', ...spread([exact.seconds]) },
    { what: 'id to row and back', ...spread(lookups(exact.recommender, ids)) },
    { what: 'related, exact', ...spread(expected.seconds), recall: 1 },
  ];
  await exact.recommender.close();
  const { recommender, seconds } = await opened(run, { search: 'hnsw' });
  rows.push({ what: 'open with hnsw', ...spread([seconds]) });
  const found = await answers(recommender, few);
  rows.push({
    what: 'related, hnsw',
    ...spread((await answers(recommender, queries)).seconds),
    recall: recall(found, expected),
  });
  for (const [what, options] of VARIANTS) {
    await answers(recommender, few.slice(0, 20), options);
    rows.push({ what, ...spread((await answers(recommender, few, options)).seconds) });
  }
  await recommender.close();
  return rows;
}

const VARIANTS = [
  ['diversity .3', { diversity: 0.3 }],
  ['walk .5', { walk: 0.5 }],
  ['with titles, seen for the first time', { columns: ['title'], top: 20 }],
  ['with titles, seen before', { columns: ['title'], top: 20 }],
];

export function format(rows) {
  const lines = [['', 'p50', 'p99', 'largest', 'recall@10']];
  for (const { what, p50, p99, largest, recall } of rows)
    lines.push([what, duration(p50), duration(p99), duration(largest), recall?.toFixed(4) ?? '']);
  return aligned(lines);
}

/** The second of two openings: the first one may have had files to make. */
async function opened(run, options) {
  await (await Recommender.open(run, options)).close();
  const started = performance.now();
  const recommender = await Recommender.open(run, options);
  return { recommender, seconds: (performance.now() - started) / 1000 };
}

async function answers(recommender, rows, options = {}) {
  const result = { seconds: [], scores: [] };
  for (const row of rows) {
    const started = performance.now();
    const found = await recommender.related({ row }, { top: TOP, ...options });
    result.seconds.push((performance.now() - started) / 1000);
    result.scores.push(found.map(({ score }) => score));
    await setImmediate();
  }
  return result;
}

/** A pin that is as near as the last of the exact answer is as good. */
function recall(found, expected) {
  const shares = found.scores.map((scores, i) => {
    const worst = expected.scores[i].at(-1) - 1e-5;
    return scores.filter((score) => score >= worst).length / TOP;
  });
  return shares.reduce((sum, share) => sum + share, 0) / shares.length;
}

/** Seconds of a look-up there and back, the mean of a hundred at a time. */
function lookups({ catalogue }, ids) {
  const seconds = [];
  for (let at = 0; at + 100 <= ids.length; at += 100) {
    const started = performance.now();
    for (const id of ids.slice(at, at + 100)) catalogue.pinId(catalogue.pinRows([id])[0]);
    seconds.push((performance.now() - started) / 1000 / 100);
  }
  return seconds;
}

function spread(seconds) {
  const sorted = Float64Array.from(seconds).sort();
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  return { p50: at(0.5), p99: at(0.99), largest: sorted.at(-1) };
}
