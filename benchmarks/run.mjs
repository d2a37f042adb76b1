// npm run bench -- NAME [--json] [--graph DIR] [--threads N] [--only TEXT] [--seeds N]: prints the table; with --json, the last line of standard output is one object.
import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { setThreads } from '@pinsage/native';
import { machine } from './lib/machine.mjs';
import { table } from './lib/table.mjs';

const names = readdirSync(new URL('.', import.meta.url))
  .filter((file) => file.endsWith('.mjs') && file !== 'run.mjs')
  .map((file) => file.replace('.mjs', ''));

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    graph: { type: 'string' },
    threads: { type: 'string', default: '2' },
    // Of `quality`; of `serving` and `spark`, the number of pins.
    only: { type: 'string' },
    seeds: { type: 'string', default: '3' },
  },
});
const [name] = positionals;
if (!names.includes(name)) {
  console.error(`usage: npm run bench -- ${names.join('|')} [--json] [--graph DIR] [--threads N]`);
  process.exit(2);
}
const threads = Number(values.threads);
setThreads(threads);

const { default: benchmark, format = table } = await import(`./${name}.mjs`);
const rows = await benchmark({ graph: values.graph, threads, only: values.only, seeds: Number(values.seeds) });
const heading = `${name}: ${machine().cpu}, ${threads} threads`;
console.log(`${heading}\n${format(rows)}`);
if (values.json)
  console.log(
    JSON.stringify({
      benchmark: name,
      graph: values.graph && basename(values.graph),
      machine: { ...machine(), threads },
      rows,
    }),
  );
process.exit(0);
