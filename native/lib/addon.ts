import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { PinSageError } from './errors.js';

// The addon's own surface. Only the files of this folder use it; everything else goes through their checked classes.
// biome-ignore lint/suspicious/noExplicitAny: one loose type here lets each binding file state its own calls.
export type Addon = Record<string, any>;

/** PINSAGE_ADDON names another build of it: tests have one that emulates a GPU. */
export const addonPath =
  process.env.PINSAGE_ADDON ?? fileURLToPath(new URL('../build/Release/pinsage.node', import.meta.url));

function load(): Addon {
  // GNU OpenMP's threads spin for milliseconds when they wait, which on a busy machine takes the processor from the very thread
  // they wait for (measured: 16 ms instead of 0.2). It reads its environment once, when it is loaded.
  if (process.env.OMP_WAIT_POLICY === undefined) process.env.GOMP_SPINCOUNT ??= '2000';
  try {
    return createRequire(import.meta.url)(addonPath) as Addon;
  } catch (cause) {
    throw new PinSageError(
      'MISSING_DEPENDENCY',
      `The addon could not be loaded from ${addonPath}: ${(cause as Error).message}. Run \`npm run setup\` in the repository to build it.`,
      { cause },
    );
  }
}

export const addon: Addon = load();
