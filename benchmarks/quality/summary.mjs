import { aligned } from '../lib/table.mjs';

/** The metrics that are shown of each task. */
const SHOWN = {
  home: ['recall@20', 'ndcg@20'],
  cold: ['hit-rate@10', 'recall@100'],
  'next valid': ['hit-rate@10'],
  'next test': ['hit-rate@10'],
};

/** An experiment's results: means over the seeds and, where there are several, their standard deviations. */
export function summary({ data, group, name }, results) {
  const metrics = {};
  for (const { task } of results[0]?.tasks ?? []) {
    for (const metric of SHOWN[task]) {
      const values = results.map(({ tasks }) => tasks.find((other) => other.task === task)[metric]);
      metrics[`${task} ${metric}`] = spread(values);
    }
  }
  const mean = (name) => spread(results.map((result) => result[name])).mean;
  return { data, group, name, seeds: results.length, metrics, seconds: mean('seconds'), memory: mean('memory') };
}

function spread(values) {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : null };
}

/** The summaries as tables, one for each collection. */
export function format(rows) {
  const collections = [...new Set(rows.map(({ data }) => data))];
  return collections.map((data) => `${data}\n${formatTable(rows.filter((row) => row.data === data))}`).join('\n\n');
}

function formatTable(rows) {
  const names = [...new Set(rows.flatMap(({ metrics }) => Object.keys(metrics)))];
  const header = ['what', 'setting', ...names, 'seconds', 'GiB'];
  const lines = rows.map(({ group, name, metrics, seconds, memory }, i) => [
    rows[i - 1]?.group === group ? '' : group,
    name,
    ...names.map((metric) => (metrics[metric] ? quantity(metrics[metric]) : '-')),
    seconds === undefined ? '-' : seconds.toFixed(0),
    memory === undefined ? '-' : memory.toFixed(1),
  ]);
  return aligned([header, ...lines]);
}

const quantity = ({ mean, deviation }) => `${digits(mean)}${deviation === null ? '' : ` ±${digits(deviation)}`}`;
const digits = (value) => value.toFixed(3).replace(/^0/, '');
