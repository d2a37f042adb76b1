import { execFile } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { makeRun } from './run.js';

const here = fileURLToPath(new URL('.', import.meta.url));

it('runs the example of the README', async () => {
  const made = await makeRun();
  const script = join(here, `readme-${process.pid}.mjs`);
  try {
    const readme = await readFile(join(here, '../README.md'), 'utf8');
    const example = /```ts\n(.*?)```/s.exec(readme)![1].replaceAll("'runs/films'", JSON.stringify(made.run));
    // A port that is free; the example's own may not be.
    await writeFile(
      script,
      example.replace('port: 8080', 'port: 0').replace("'http://127.0.0.1:8080", "service.listeningOrigin + '"),
    );
    const { stdout } = await promisify(execFile)(process.execPath, [script]);
    expect(stdout.match(/ id: 'p\d+'/g)?.length).toBe(5);
    expect(stdout.match(/ title: '\w+ \w+ \w+'/g)?.length).toBe(5);
  } finally {
    await rm(script, { force: true });
    await made.remove();
  }
});
