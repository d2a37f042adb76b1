import type { Command } from 'commander';
import type { Context } from '../context.js';

const EXAMPLES = `
Examples:
  $ pinsage info
  $ pinsage info data/films
  $ pinsage info runs/films --json`;

export function addInfo(program: Command, context: Context): void {
  program
    .command('info')
    .summary('describe this installation, a dataset or a run')
    .description(
      'Without an argument: versions, libraries, processors, memory and where datasets are looked for. With one: what is in a dataset or a run.',
    )
    .argument('[path]', 'directory of a dataset or a run')
    .addHelpText('after', EXAMPLES)
    .action(async (path: string | undefined) => {
      const { describePath, describeSystem } = await import('../work/info.js');
      if (path === undefined) await describeSystem(context);
      else await describePath(path, context);
    });
}
