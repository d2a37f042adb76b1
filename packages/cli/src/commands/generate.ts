import type { Command } from 'commander';
import type { Context } from '../context.js';
import type { GenerateFlags } from '../flags.js';
import { bytes, integer } from '../options.js';

const EXAMPLES = `
Examples:
  $ pinsage generate --pins 1e6 --boards 2e5 --edges 2e7 --out tables/large
  $ pinsage generate --pins 1e7 --boards 2e6 --edges 3e8 --vectors 64 --memory 4GB --out tables/huge`;

export function addGenerate(program: Command, context: Context): void {
  program
    .command('generate')
    .summary('tables of a made-up collection of any size, to measure with')
    .description(
      'Writes edges.parquet, pins.parquet and, where asked for, vectors.npy: boards about topics, with sizes and popularities by Zipf’s law. The same seed gives the same tables.',
    )
    .requiredOption('--pins <n>', 'how many pins', integer)
    .requiredOption('--boards <n>', 'how many boards', integer)
    .requiredOption('--edges <n>', 'rows of the table of edges, some of which are the same edge', integer)
    .option('--vectors <n>', "numbers of each pin's vector; default: no vectors", integer)
    .option('--times', 'give each edge a time')
    .option('--seed <n>', 'another collection', integer, 0)
    .option('--memory <size>', 'what it may take, such as 4GB', bytes)
    .requiredOption('--out <directory>', 'where the tables go')
    .addHelpText('after', EXAMPLES)
    .action(async (flags: GenerateFlags) => {
      const { generate } = await import('../work/generate.js');
      await generate(flags, context);
    });
}
