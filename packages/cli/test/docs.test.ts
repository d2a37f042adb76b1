import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { pinsage } from './command.js';

const docs = readFileSync(new URL('../../../docs/commands.md', import.meta.url), 'utf8');
const COMMANDS = ['import', 'train', 'tune', 'evaluate', 'embed', 'recommend', 'info', 'demo', 'generate'];

describe('the command reference', () => {
  it.each(COMMANDS)('names every option of %s, and no other', async (command) => {
    const { code, stdout } = await pinsage([command, '--help']);
    expect(code).toBe(0);
    expect(stdout).toContain('Examples:');
    const [options] = stdout.split('Examples:');
    const offered = [...options.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].map(([, option]) => option);
    const section = docs.split(`\n## pinsage ${command}\n`)[1].split('\n## ')[0];
    const common = docs.split('\n## What all commands have in common\n')[1].split('\n## ')[0];
    for (const option of offered) expect(`${section}${common}`).toContain(option);
    for (const [, option] of section.matchAll(/^\| `(--[\w-]+)/gm)) expect(offered).toContain(option);
  });
});
