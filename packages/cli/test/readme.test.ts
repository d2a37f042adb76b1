import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { writeFilms } from './films.js';

const readme = new URL('../../../README.md', import.meta.url);
// Inside the package, so that its imports are found; git ignores the folder.
const workspace = fileURLToPath(new URL('../test-results/', import.meta.url));

it('the README’s ten lines run', async () => {
  const [, code] = /```ts\n([\s\S]*?)```/.exec(await readFile(readme, 'utf8'))!;
  await mkdir(workspace, { recursive: true });
  const directory = await mkdtemp(join(workspace, 'readme-'));
  try {
    await writeFilms(directory);
    // A training of seconds instead of minutes; the code is otherwise what the README shows. It is JavaScript already.
    expect(code).toContain('{ epochs: 4 }');
    await writeFile(
      join(directory, 'readme.mjs'),
      code.replace('{ epochs: 4 }', '{ steps: 6, batch: 64, stepsPerEpoch: 3 }'),
    );
    const { stdout } = await promisify(execFile)(process.execPath, ['readme.mjs'], { cwd: directory });
    expect(stdout).toMatch(/^1 \d+\.\d+\n2 \d/);
    expect(stdout).toMatch(/pinsage +\.\d{3} ±/);
    expect(stdout.match(/title: '/g)).toHaveLength(5);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});

it('the example of the package’s own README runs', async () => {
  const [, code] = /```ts\n([\s\S]*?)```/.exec(await readFile(new URL('../README.md', import.meta.url), 'utf8'))!;
  await mkdir(workspace, { recursive: true });
  const file = join(workspace, 'readme.mjs');
  await writeFile(file, code);
  const { stdout } = await promisify(execFile)(process.execPath, [file]);
  expect(JSON.parse(stdout.trimEnd().split('\n').at(-1)!)).toMatchObject({ node: process.versions.node });
});
