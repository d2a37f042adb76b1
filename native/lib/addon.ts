import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { PinSageError } from './errors.js';

// The addon's own surface. Only the files of this folder use it; everything else goes through their checked classes.
// biome-ignore lint/suspicious/noExplicitAny: one loose type here lets each binding file state its own calls.
export type Addon = Record<string, any>;

function load(): Addon {
  const path = fileURLToPath(new URL('../build/Release/pinsage.node', import.meta.url));
  try {
    return createRequire(import.meta.url)(path) as Addon;
  } catch (cause) {
    throw new PinSageError(
      'MISSING_DEPENDENCY',
      `The addon could not be loaded from ${path}: ${(cause as Error).message}. Run \`npm run setup\` in the repository to build it.`,
      { cause },
    );
  }
}

export const addon: Addon = load();
