import { type Command, Option } from 'commander';
import type { Context } from '../context.js';
import type { TrainFlags } from '../flags.js';
import { assignment, bytes, integer, number } from '../options.js';

const EXAMPLES = `
Examples:
  $ pinsage train data/films --out runs/films
  $ pinsage train data/films --out runs/films-paper --preset paper
  $ pinsage train data/films --out runs/films-auto --preset auto
  $ pinsage train data/films --out runs/small --epochs 2 --batch 512 --set model.output=64
  $ pinsage train data/films --out runs/final --split-kind none --epochs 6
  $ pinsage train --resume runs/films
  $ pinsage train data/films --workers 4
  $ pinsage train data/films --workers 2 --listen 10.0.0.1:29500
  $ PINSAGE_TOKEN=… pinsage train data/films --join 10.0.0.1:29500

Ctrl-C saves a checkpoint first. A run that is resumed ends with the same bits as one that was never stopped.
Every setting of the model and the trainer can be given with --set or in a file for --config; docs/training.md lists them.`;

export function addTrain(program: Command, context: Context): void {
  program
    .command('train')
    .summary('train a model on a dataset, or go on with a run')
    .description(
      "Splits the dataset's edges, trains a model on one part, watches it on another and embeds all pins. The run's directory then has model.safetensors, embeddings.safetensors and .parquet, metrics.jsonl and checkpoints.",
    )
    .argument('[dataset]', 'directory of the dataset')
    .option('--out <directory>', "the run's directory; default: runs/<name of the dataset>")
    .option('--resume <run>', 'go on from the last checkpoint of a run')
    .option('--split <name>', 'the split to train on; made if the dataset does not have it', 'default')
    .addOption(
      new Option(
        '--split-kind <kind>',
        "a new split: hold out edges at random, each board's latest share by time, its last one, all from a time on, or none (edges)",
      ).choices(['edges', 'time', 'last', 'cutoff', 'none']),
    )
    .option(
      '--cutoff <time>',
      "with --split-kind cutoff: the time of the first test edges, in the time column's unit",
      integer,
    )
    .option('--validation <share>', 'a new split: share of the edges to validate on (0.05)', number)
    .option('--test <share>', 'a new split: share of the edges to evaluate on (0.1)', number)
    .option('--cold-pins <share>', 'a new split: share of the pins to hold out with all their edges (0)', number)
    .option(
      '--preset <name>',
      "'default', 'content', 'collaborative', 'sequential', 'paper' or 'dgl'; 'auto' looks at the dataset and says why",
    )
    .option('--loss <name>', "'softmax', 'max-margin' or 'cross-entropy'")
    .option('--epochs <n>', 'length of the training', integer)
    .option('--steps <n>', 'stop after so many steps', integer)
    .option('--batch <n>', 'pairs of a step', integer)
    .option('--learning-rate <x>', 'at the end of the warm-up', number)
    .option('--layers <n>', 'convolutions', integer)
    .option('--neighbors <n>', 'size of a neighbourhood', integer)
    .option('--output <n>', 'numbers of an embedding', integer)
    .option('--seed <n>', 'everything random follows from it', integer)
    .option('--config <file>', 'JSON file with settings: {"model": {…}, "trainer": {…}}')
    .option(
      '--set <name=value>',
      'one setting, such as trainer.temperature=0.1; may be given more than once',
      assignment,
    )
    .option('--workers <n>', 'processes that share each batch; they are started on this machine', integer)
    .option('--listen <host:port>', 'with --workers: wait at this address for the others to join from other machines')
    .option('--join <host:port>', 'be one of the others; needs the dataset, and the token that worker 0 shows')
    .option('--rank <n>', 'with --join: which one, from 1; default: one that is free', integer)
    .option('--no-embed', 'do not embed all pins at the end')
    .option('--memory <size>', 'what a new split, and embedding all pins, may take, such as 4GB', bytes)
    .addHelpText('after', EXAMPLES)
    .action(async (dataset: string | undefined, flags: TrainFlags) => {
      const { resumeRun, startRun } = await import('../work/train.js');
      if (flags.join !== undefined) await (await import('../work/workers.js')).joinTeam(dataset, flags, context);
      else if (flags.resume !== undefined) await resumeRun(flags.resume, flags, context);
      else await startRun(dataset, flags, context);
    });
}
