import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { importDataset } from '@pinsage/graph';
import { expect, it } from 'vitest';

const here = fileURLToPath(new URL('.', import.meta.url));

it('runs the example of the README', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'pinsage-readme-'));
  const script = join(here, `readme-${process.pid}.mjs`);
  try {
    const edges = Array.from({ length: 60 }, (_, i) => `${i % 20},${(7 * i) % 9}\n`);
    await writeFile(join(directory, 'edges.csv'), `film,user\n${edges.join('')}`);
    const films = Array.from({ length: 20 }, (_, i) => `${i},Film number ${i}\n`);
    await writeFile(join(directory, 'films.csv'), `film,title\n${films.join('')}`);
    await importDataset({
      edges: join(directory, 'edges.csv'),
      pin: 'film',
      board: 'user',
      pins: join(directory, 'films.csv'),
      features: [{ name: 'title', kind: 'text' }],
      out: join(directory, 'data/films'),
    });
    const readme = await readFile(join(here, '../README.md'), 'utf8');
    await writeFile(script, /```ts\n(.*?)```/s.exec(readme)![1]);
    const { stdout } = await promisify(execFile)(process.execPath, [script], { cwd: directory });
    expect(stdout).toBe('[ 3, 64 ]\n');
    expect((await stat(join(directory, 'model.safetensors'))).size).toBeGreaterThan(10_000);
  } finally {
    await rm(script, { force: true });
    await rm(directory, { recursive: true });
  }
});
