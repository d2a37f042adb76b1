import type { Command } from 'commander';
import type { Context } from '../context.js';
import type { RecommendFlags } from '../flags.js';
import { integer, repeated } from '../options.js';

const EXAMPLES = `
Examples:
  $ pinsage recommend runs/films --pin 318                   related pins of a pin
  $ pinsage recommend runs/films --title "toy story"         the same, found by its title
  $ pinsage recommend runs/films --board 42                  home feed of a board
  $ pinsage recommend runs/films --list 318 527 2571         home feed of a list of pins
  $ pinsage recommend runs/films --new fresh.jsonl           related pins of pins that the dataset does not have
  $ pinsage recommend runs/films --pin 318 --top 50 --json`;

export function addRecommend(program: Command, context: Context): void {
  program
    .command('recommend')
    .summary('show what belongs to a pin, a board, a list of pins or a new pin')
    .description("Finds the nearest pins by the run's embeddings. Pins of the query itself are left out.")
    .argument('<run>', 'directory of the run')
    .option('--pin <id>', 'related pins of this pin; may be given more than once', repeated)
    .option('--title <text>', 'related pins of the pin whose title fits best; may be given more than once', repeated)
    .option('--board <id>', 'home feed of this board; may be given more than once', repeated)
    .option('--list <ids...>', 'home feed of these pins')
    .option('--new <file>', 'related pins of the pins in a JSON lines file (see pinsage embed --help); - is stdin')
    .option('--top <n>', 'length of the lists', integer, 10)
    .addHelpText('after', EXAMPLES)
    .action(async (path: string, flags: RecommendFlags) => {
      const { recommend } = await import('../work/recommend.js');
      await recommend(path, flags, context);
    });
}
