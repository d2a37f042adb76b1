import { type Command, Option } from 'commander';
import type { Context } from '../context.js';
import type { TuneFlags } from '../flags.js';
import { assignment, integer } from '../options.js';

const EXAMPLES = `
Examples:
  $ pinsage tune data/films --out studies/films
  $ pinsage tune data/films --out studies/films --trials 60 --steps 480 --metric ndcg@20
  $ pinsage tune data/films --out studies/small --space space.json --set model.layers=1
  $ pinsage tune --resume studies/films --trials 100
  $ pinsage train data/films --config studies/films/best.json --out runs/films

A space is a JSON object of settings, by the names that --set takes:
  {"trainer.learningRate": {"type": "float", "low": 0.001, "high": 0.05, "log": true},
   "model.layers": {"type": "integer", "low": 0, "high": 2},
   "model.residual": {"type": "choice", "values": [true, false]}}

Ctrl-C loses nothing. docs/tuning.md describes the default space and how trials are chosen and stopped.`;

export function addTune(program: Command, context: Context): void {
  program
    .command('tune')
    .summary('search for good settings, stopping bad trials early')
    .description(
      "Trains with many settings, one after the other, compares them on the split's validation edges, and writes best.json for `pinsage train --config` and tune.html into the study's directory.",
    )
    .argument('[dataset]', 'directory of the dataset')
    .option('--out <directory>', "the study's directory; default: studies/<name of the dataset>")
    .option('--resume <study>', 'go on with a study, which may have been killed anywhere')
    .option('--split <name>', 'the split to train and validate on; made if the dataset does not have it (default)')
    .option('--space <file>', 'JSON file with what to search; default: see docs/tuning.md')
    .option('--trials <n>', 'trials in all (30)', integer)
    .option('--steps <n>', 'length of a trial that is not stopped (240)', integer)
    .addOption(
      new Option('--metric <name>', 'of the validation, to be made large (recall@20)').choices([
        'recall@20',
        'ndcg@20',
      ]),
    )
    .option('--reduction <n>', 'one in so many trials goes on at each rung; 1 stops none (3)', integer)
    .option('--grace <n>', 'validations before a trial may be stopped (1)', integer)
    .option('--config <file>', 'JSON file with settings that all trials have')
    .option('--set <name=value>', 'one setting that all trials have; may be given more than once', assignment)
    .option('--seed <n>', 'everything random follows from it (0)', integer)
    .addHelpText('after', EXAMPLES)
    .action(async (dataset: string | undefined, flags: TuneFlags) => {
      const { resumeStudy, startStudy } = await import('../work/tune.js');
      if (flags.resume !== undefined) await resumeStudy(flags.resume, dataset, flags, context);
      else await startStudy(dataset, flags, context);
    });
}
