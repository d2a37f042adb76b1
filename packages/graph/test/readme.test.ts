import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryFolder, writeFiles } from './support.js';

test('the example of the README runs, and prints what it says', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const example = /```ts\n([\s\S]*?)```/.exec(readme)![1];
  const folder = temporaryFolder();
  writeFiles(folder, {
    'ratings.csv': 'userId,movieId,timestamp\n1,10,100\n1,7,200\n2,10,150\n2,3,300\n3,3,50\n',
    'movies.csv':
      'movieId,title,genres,year\n10,The Red Shoes,Drama|Music,1948\n7,Stalker,Drama,1979\n3,Playtime,Comedy,1967\n99,Unseen,,\n',
  });
  // Beside this file, where the package's own name resolves.
  const script = fileURLToPath(new URL(`readme-${process.pid}.mjs`, import.meta.url));
  onTestFinished(() => rmSync(script));
  writeFileSync(script, example);
  const output = execFileSync(process.execPath, [script], { cwd: folder, encoding: 'utf8' });
  const said = [...example.matchAll(/ \/\/ (.*)$/gm)].map((match) => match[1]);
  expect(said).toHaveLength(2);
  expect(output.split('\n').slice(0, 2)).toEqual(said);
});
