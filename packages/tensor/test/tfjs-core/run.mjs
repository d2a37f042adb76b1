// TF.js's own specs, which come inside its npm package, on the backend "pinsage". None is left out by us; those that the suite
// skips are for browsers. Writes test-results/tfjs-core.json, or, with
// PINSAGE_DEVICE=cuda, the same for "pinsage-cuda". Arguments: words that a spec's name must contain.
import { mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { defaultDevice } from '@pinsage/native';
import { build } from 'esbuild';

const require = createRequire(import.meta.url);
const results = fileURLToPath(new URL('../../test-results/', import.meta.url));
const name = defaultDevice() === 'cuda' ? 'tfjs-core-cuda' : 'tfjs-core';
const bundle = path.join(results, `${name}-suite.mjs`);
const core = path.dirname(require.resolve('@tensorflow/tfjs-core'));

await mkdir(results, { recursive: true });
await build({
  stdin: {
    contents: `import './environment.mjs'; import '${core}/tests.js';`,
    resolveDir: fileURLToPath(new URL('.', import.meta.url)),
  },
  outfile: bundle,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  // The specs import core's files by relative paths: the same files must stand behind the package's name.
  mainFields: ['module', 'main'],
  // The package declares its spec files free of side effects, which would leave them all out.
  ignoreAnnotations: true,
  external: ['@pinsage/native', 'jasmine-core'],
  banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  logLevel: 'error',
});

const jasmine = require('jasmine-core').boot();
const environment = jasmine.getEnv();
const words = process.argv.slice(2);
const counts = { passed: 0, failed: 0, skipped: 0 };
environment.configure({
  random: false,
  specFilter: (spec) => words.every((word) => spec.getFullName().includes(word)),
});
environment.addReporter({
  specDone(spec) {
    if (spec.status === 'passed') counts.passed += 1;
    else if (spec.status === 'failed') {
      counts.failed += 1;
      console.error(`FAILED ${spec.fullName}`);
      for (const failure of spec.failedExpectations)
        console.error(`  ${failure.stack.split('\n').slice(0, 4).join('\n  ')}`);
    } else counts.skipped += 1;
  },
});

// The suite provokes warnings on purpose, hundreds of them.
console.warn = () => {};
await import(pathToFileURL(bundle).href);
const started = performance.now();
const { overallStatus } = await environment.execute();
await writeFile(path.join(results, `${name}.json`), `${JSON.stringify(counts)}\n`);
const seconds = ((performance.now() - started) / 1000).toFixed(1);
console.log(
  `${name}: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped in ${seconds} s (${overallStatus})`,
);
process.exitCode = overallStatus === 'passed' ? 0 : 1;
