import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';

test('the example of the README runs, and prints what it says', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const example = /```ts\n([\s\S]*?)```/.exec(readme)![1];
  // Beside this file, where the package's own name resolves.
  const script = fileURLToPath(new URL(`readme-${process.pid}.mjs`, import.meta.url));
  onTestFinished(() => rmSync(script));
  writeFileSync(script, example);
  const output = execFileSync(process.execPath, [script], { encoding: 'utf8' });
  const said = [...example.matchAll(/ \/\/ (.*)$/gm)].map((match) => match[1]);
  expect(said).toHaveLength(3);
  expect(output.trimEnd().split('\n')).toEqual(said);
});
