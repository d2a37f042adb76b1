// npm run bench -- quality [--only TEXT] [--seeds N]: what each part of the method is worth, over several seeds, beside simpler methods.
import { execFile } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { collectionNames, open } from './quality/data.mjs';
import { experiments } from './quality/experiments.mjs';
import { summary } from './quality/summary.mjs';

export { format } from './quality/summary.mjs';

const run = promisify(execFile);
const script = fileURLToPath(new URL('quality/train.mjs', import.meta.url));

/**
 * Trains every experiment with every seed, in processes of their own. What is done is kept in a file, so that a run that was stopped
 * goes on: it takes hours.
 */
export default async function quality({ only, seeds = 3, cache = join(tmpdir(), 'pinsage-quality') }) {
  mkdirSync(cache, { recursive: true });
  const log = join(cache, 'results.jsonl');
  const done = existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n').filter(Boolean).map(JSON.parse) : [];
  const available = await availableCollections(cache);
  const wanted = experiments.filter(
    ({ data, group, name }) =>
      available.has(data) && (only === undefined || `${data}: ${group}: ${name}`.includes(only)),
  );
  for (const experiment of wanted) {
    // Simpler methods have nothing to draw.
    for (let seed = 0; seed < (experiment.baseline ? 1 : seeds); seed++) {
      const key = keyOf(experiment, seed);
      if (done.some((result) => result.key === key)) continue;
      const { stdout } = await run(process.execPath, [script, JSON.stringify({ experiment, seed, cache })]);
      const result = { key, ...JSON.parse(stdout.trim().split('\n').at(-1)) };
      done.push(result);
      appendFileSync(log, `${JSON.stringify(result)}\n`);
      console.error(
        `${experiment.data}: ${experiment.group}: ${experiment.name}, seed ${seed}: ${Math.round(result.seconds)} s`,
      );
    }
  }
  return wanted.map((experiment) =>
    summary(
      experiment,
      done.filter(({ key }) => isOf(key, experiment, seeds)),
    ),
  );
}

const keyOf = ({ data, trainer, model, mix, baseline }, seed) =>
  JSON.stringify([data, trainer, model, seed, mix, baseline]);
const isOf = (key, experiment, seeds) =>
  Array.from({ length: seeds }, (_, seed) => keyOf(experiment, seed)).includes(key);

async function availableCollections(cache) {
  const available = new Set();
  for (const name of collectionNames) {
    const opened = await open(name, cache);
    if (opened === undefined) console.error(`${name} is not at hand: its rows are missing`);
    else available.add(name);
    await opened?.split.close();
    await opened?.dataset.close();
  }
  return available;
}
