import { defineConfig } from 'vitest/config';

// The default of 5 s is too short on a machine that does other work beside.
export default defineConfig({ test: { testTimeout: 60_000 } });
