import { defineConfig } from 'vite';

// Addresses are relative, so that the page works under any path, and nothing is inlined, so that its content security policy can be strict.
export default defineConfig({
  base: './',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  // While somebody works on the page: `pinsage serve` answers.
  server: { proxy: { '/v1': 'http://127.0.0.1:8080' } },
  build: { target: 'es2022', assetsInlineLimit: 0, modulePreload: false },
});
