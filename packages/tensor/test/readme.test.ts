import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';

test('the README’s example runs and prints what the README says', async () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const [, code] = readme.match(/```ts\n([\s\S]*?)```/)!;
  const [, output] = readme.match(/```text\n([\s\S]*?)```/)!;
  const file = new URL('./readme-example.generated.ts', import.meta.url);
  const printed: string[] = [];
  const log = console.log;
  console.log = (...values: unknown[]) => printed.push(values.join(' '));
  try {
    writeFileSync(file, code.replaceAll("'@pinsage/tensor'", "'../src/index.js'"));
    await import(/* @vite-ignore */ file.pathname);
  } finally {
    console.log = log;
    rmSync(file, { force: true });
  }
  expect(printed.join('\n')).toBe(output.trim());
});
