import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { it } from 'vitest';

const generate = fileURLToPath(new URL('../scripts/generate.mjs', import.meta.url));

it('has the types of the service as it is now', async () => {
  await promisify(execFile)(process.execPath, [generate, '--check']);
});
