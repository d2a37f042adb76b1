import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { type Dataset, Split, type SplitOptions } from '@pinsage/graph';
import { invalidArgument, PinSageError } from '@pinsage/native';
import type { Context } from '../context.js';
import { count } from '../format.js';

/** The split of this name, made if it is not there; null when all edges are for training. */
export async function openSplit(
  dataset: Dataset,
  name: string,
  options: SplitOptions,
  { terminal }: Context,
): Promise<Split | null> {
  if (options.kind === 'none' && !options.coldPins) return null;
  if (await exists(join(dataset.directory, 'splits', name))) return reopenSplit(dataset, name, options);
  const split = await Split.create(dataset, name, options).catch((error) => {
    if (error instanceof PinSageError && error.code === 'FILE_EXISTS') return undefined;
    throw error;
  });
  // Another process has just made it.
  if (split === undefined) return reopenSplit(dataset, name, options);
  const { train, validation, test, coldPins } = split.manifest.counts;
  terminal.say(
    `Split '${name}': ${count(train)} edges to train on, ${count(validation)} to validate on, ${count(test)} to evaluate on` +
      `${coldPins > 0 ? `, and ${count(coldPins)} pins held out with all their edges` : ''}`,
  );
  return split;
}

/** A split stays as it was made, so that runs can be compared: other options need another name. */
async function reopenSplit(dataset: Dataset, name: string, { memory, ...options }: SplitOptions): Promise<Split> {
  const split = await Split.open(dataset, name);
  const made: Record<string, unknown> = split.manifest.options;
  for (const [option, value] of Object.entries(options)) {
    if (value === undefined || value === made[option]) continue;
    await split.close();
    throw invalidArgument(
      option,
      value,
      `${made[option]}, as in the split '${name}' that is there; or another name with --split`,
    );
  }
  return split;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
