// TF.js registers its gradients in a module that only bundlers can load (extensionless ES imports in a CommonJS package).
// This bundles that module. Its copy of the operations works on the process's one engine and registry, which TF.js keeps in
// the global scope for just this case.
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const core = path.dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-core'));

await build({
  entryPoints: [path.join(core, 'register_all_gradients.js')],
  outfile: fileURLToPath(new URL('../dist/tfjs-gradients.js', import.meta.url)),
  bundle: true,
  minify: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
});
