import type { BaselineName } from '@pinsage/trainer';
import { type Command, Option } from 'commander';
import type { Context } from '../context.js';
import type { EvaluateFlags } from '../flags.js';
import { integer, namesOf } from '../options.js';

/** Written out: the trainer, which has the list, takes a second to load. */
const BASELINES: BaselineName[] = [
  'popularity',
  'content',
  'itemknn',
  'boardknn',
  'rp3beta',
  'ppr',
  'walk',
  'als',
  'ease',
  'transitions',
];

const EXAMPLES = `
Examples:
  $ pinsage evaluate runs/films
  $ pinsage evaluate runs/films --tasks home --queries 5000
  $ pinsage evaluate runs/films --baselines als,ease
  $ pinsage evaluate runs/films --mix pinsage,ease,walk
  $ pinsage evaluate runs/films --report films.html
  $ pinsage evaluate runs/films --json | tail -n 1 | jq '.tasks[0].methods[0].metrics["recall@20"]'

Tasks:
  home      a board's known pins → its held-out pins
  related   a pin → a held-out pin of one of its boards
  next      a board's latest known pin → its next one (needs --split-kind last or cutoff)
  cold      a pin that training never saw → pins of its boards (needs a split with --cold-pins)`;

export function addEvaluate(program: Command, context: Context): void {
  program
    .command('evaluate')
    .summary("measure a run on its split's held-out edges, beside simpler methods")
    .description(
      "Ranks all pins for edges that training did not see, by the run's embeddings and by simpler methods (see --baselines). Writes evaluation.json into the run.",
    )
    .argument('<run>', 'directory of the run')
    .addOption(
      new Option('--tasks <names...>', 'what to measure; default: all').choices(['home', 'related', 'cold', 'next']),
    )
    .option('--latest <n>', 'latest pins of a board that next asks with (1)', integer)
    .addOption(
      new Option('--baselines <names>', `what to compare with, or all: ${BASELINES.join(',')}; default: all`).argParser(
        (text) => (text === 'all' ? [...BASELINES] : namesOf(BASELINES)(text)),
      ),
    )
    .option('--no-baselines', 'measure only the model')
    .addOption(
      new Option(
        '--mix <names>',
        'mix the scores of these methods into one more, with weights found on validation edges',
      ).argParser(namesOf(['pinsage', ...BASELINES])),
    )
    .option('--queries <n>', 'queries of a task, drawn at random (2000)', integer)
    .option('--seed <n>', 'of that draw and of the intervals (0)', integer)
    .option('--report [file]', 'write an HTML report too; default: report.html in the run')
    .addHelpText('after', EXAMPLES)
    .action(async (path: string, flags: EvaluateFlags) => {
      const { evaluateRun } = await import('../work/evaluate.js');
      await evaluateRun(path, flags, context);
    });
}
