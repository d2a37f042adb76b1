// Runs a command on the GPU that the host emulates for tests: `node emulated-gpu.mjs vitest run`.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const [command, ...rest] = process.argv.slice(2);
const { status } = spawnSync(command, rest, {
  stdio: 'inherit',
  env: {
    ...process.env,
    PINSAGE_ADDON: fileURLToPath(new URL('../native/build/Release/pinsage_emulated.node', import.meta.url)),
    PINSAGE_DEVICE: 'cuda',
  },
});
process.exit(status ?? 1);
