import { type Command, Option } from 'commander';
import type { Context } from '../context.js';
import type { DemoFlags } from '../flags.js';
import { integer } from '../options.js';

const EXAMPLES = `
Examples:
  $ pinsage demo
  $ pinsage demo --collection ml-latest-small --data /tmp/data --runs /tmp/runs`;

export function addDemo(program: Command, context: Context): void {
  program
    .command('demo')
    .summary('the whole line on a real collection: import, train, evaluate, recommend, report')
    .description(
      'Trains on the Tate collection (69,202 artworks and 8,046 subjects), or on MovieLens or a made-up collection where that is not at hand, and shows what was learned. It starts anew each time.',
    )
    .addOption(
      new Option('--collection <name>', 'what to train on; auto takes the first that can be had')
        .choices(['auto', 'tate', 'ml-latest-small', 'generated'])
        .default('auto'),
    )
    .option('--data <directory>', 'where the dataset goes', 'data')
    .option('--runs <directory>', 'where the run and its report go', 'runs')
    .option('--steps <n>', 'stop training after so many steps, for a quick look', integer)
    .addHelpText('after', EXAMPLES)
    .action(async (flags: DemoFlags) => {
      const { runDemo } = await import('../work/demo.js');
      await runDemo(flags, context);
    });
}
