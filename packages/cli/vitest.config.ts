import { defineConfig } from 'vitest/config';

// Every test starts processes, and on a busy machine that takes its time.
export default defineConfig({ test: { testTimeout: 60_000, hookTimeout: 60_000 } });
