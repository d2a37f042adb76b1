import { execFile } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { PinSage, RunDirectory } from '@pinsage/model';
import { expect, it } from 'vitest';
import { makeCollection } from './collection.js';

const here = fileURLToPath(new URL('.', import.meta.url));

it('runs the example of the README', async () => {
  const collection = await makeCollection('data/films');
  const { directory, dataset } = collection;
  const script = join(here, `readme-${process.pid}.mjs`);
  try {
    const options = { dataset: dataset.directory, split: null, model: {}, trainer: {} };
    const run = await RunDirectory.create(join(directory, 'runs/films'), options);
    const model = new PinSage({ features: dataset.features, width: 8, hidden: 8, output: 8 });
    await model.save(run.modelPath);
    model.dispose();
    const readme = await readFile(join(here, '../README.md'), 'utf8');
    await writeFile(script, /```ts\n(.*?)```/s.exec(readme)![1]);
    const { stdout } = await promisify(execFile)(process.execPath, [script], { cwd: directory });
    expect(stdout.match(/ id: 'p\d+'/g)?.length).toBe(5 + 10 + 3);
    expect(stdout.match(/ title: '\w+ \w+ \w+'/g)?.length).toBe(5);
  } finally {
    await rm(script, { force: true });
    await collection.close();
  }
});
