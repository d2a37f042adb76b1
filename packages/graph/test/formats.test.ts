import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { importDataset } from '../src/index.js';
import { FILM_COLUMNS, FILMS, temporaryFolder, writeFiles } from './support.js';

const python = process.env.PINSAGE_PYTHON ?? 'python3';
const hasLibraries = spawnSync(python, ['-c', 'import pyarrow, safetensors.numpy']).status === 0;

test.skipIf(!hasLibraries)('Python opens a dataset as docs/formats.md says', async () => {
  const page = readFileSync(new URL('../../../docs/formats.md', import.meta.url), 'utf8');
  const example = /```python\n([\s\S]*?)```/.exec(page)![1];
  const folder = temporaryFolder();
  const files = writeFiles(folder, FILMS);
  const input = { ...FILM_COLUMNS, edges: files['seen.csv'], pins: files['films.csv'] };
  await importDataset({ ...input, out: join(folder, 'data/films') });
  const run = spawnSync(python, ['-c', example], { cwd: folder, encoding: 'utf8' });
  expect(run.stderr).toBe('');
  expect(run.stdout).toBe("The Red Shoes is on boards ['b', 'a']\n");
});
