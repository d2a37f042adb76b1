import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { communities } from './datasets.js';

let directory: string;
const here = import.meta.dirname;

beforeAll(async () => {
  directory = await communities({ pins: 120, boards: 40, communities: 6, size: 8 });
});

afterAll(() => rm(directory, { recursive: true }));

it('the README’s example runs', async () => {
  const readme = await readFile(join(here, '../README.md'), 'utf8');
  const code = /```ts\n([\s\S]*?)```/.exec(readme)![1];
  // As it is, but for the path and for how long it takes.
  const small = code
    .replace("'data/films'", JSON.stringify(join(directory, 'data')))
    .replace('{ epochs: 4 }', '{ epochs: 2, stepsPerEpoch: 2, batch: 32 }');
  expect(small).not.toContain('data/films');
  expect(small).toContain('stepsPerEpoch');
  const file = join(here, `readme-${process.pid}.mjs`);
  await writeFile(file, small);
  const printed: string[] = [];
  const log = vi.spyOn(console, 'log').mockImplementation((line) => printed.push(line));
  try {
    await import(/* @vite-ignore */ pathToFileURL(file).href);
  } finally {
    log.mockRestore();
    await rm(file);
  }
  expect(printed.slice(0, 4).map((line) => line.split(':')[0])).toEqual(['1 of 4', '2 of 4', '3 of 4', '4 of 4']);
  expect(printed.at(-1)).toMatch(/^home:.*\nmethod.*recall@20[\s\S]*\npinsage[\s\S]*\nitemknn/);
});
