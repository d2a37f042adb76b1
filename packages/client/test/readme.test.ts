import { execFile } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Recommender } from '@pinsage/inference';
import { createService } from '@pinsage/service';
import { expect, it } from 'vitest';
import { makeRun } from '../../service/test/run.js';

const here = fileURLToPath(new URL('.', import.meta.url));

it('runs the example of the README', async () => {
  const made = await makeRun();
  const recommender = await Recommender.open(made.run);
  const service = await createService({ recommender });
  const script = join(here, `readme-${process.pid}.mjs`);
  try {
    const url = await service.listen({ port: 0 });
    const readme = await readFile(join(here, '../README.md'), 'utf8');
    await writeFile(script, /```ts\n(.*?)```/s.exec(readme)![1].replace('http://127.0.0.1:8080', url));
    const { stdout } = await promisify(execFile)(process.execPath, [script]);
    expect(stdout.match(/ id: 'p\d+'/g)?.length).toBe(5 + 3 + 2);
    expect(stdout).toMatch(/10\nNOT_FOUND\n404 NOT_FOUND\n$/);
  } finally {
    await rm(script, { force: true });
    await service.close();
    await recommender.close();
    await made.remove();
  }
});
