import { type Command, Option } from 'commander';
import type { Context } from '../context.js';
import type { ImportFlags } from '../flags.js';
import { bytes, repeated } from '../options.js';

const EXAMPLES = `
Examples:
  $ pinsage import edges.csv --pin movieId --board userId --out data/films
  $ pinsage import ratings.csv --pin movieId --board userId --time timestamp \\
      --pins movies.csv --pin-id movieId --title title \\
      --feature title:text --feature genres:categories --out data/films
  $ pinsage import plays.parquet --pin track --board playlist --pins tracks.parquet --pin-id id \\
      --feature name:text --feature year:number --feature audio:dense --out data/music
  $ pinsage import likes.csv --pin photo --board user --pins photos.csv \\
      --feature caption:text --feature image:dense=clip.npy --out data/photos
  $ pinsage import "SELECT item, cart FROM 'orders/*.parquet' WHERE kept" --pin item --board cart --out data/shop

Kinds of features:
  text[:buckets]        words and pairs of words, hashed (65536 buckets)
  categories[:buckets]  values separated by | (16384 buckets)
  number                one number; missing ones are allowed
  dense[:f32|f16|i8]    a vector of numbers, such as an image's or a sentence's embedding
  dense=<file>          vectors in a file of their own, kept as f16 unless another is named:
                          .parquet, or a query: ids, and lists of numbers in a column of the feature's name
                          .npy, .safetensors: a row for each of --pins, or with ids: image:dense:i8=clip.npy@ids.csv`;

export function addImport(program: Command, context: Context): void {
  program
    .command('import')
    .summary('make a dataset of files: CSV, TSV, JSON lines, Parquet or a DuckDB query')
    .description(
      'Makes a dataset directory of a table of edges (which pin is on which board) and, if there is one, a table of pins.',
    )
    .argument('<edges...>', 'files, or one query, with a row for each edge')
    .requiredOption('--pin <column>', "the edges' column of the pin")
    .requiredOption('--board <column>', "the edges' column of the board")
    .option('--time <column>', "the edges' column of the time: a number, a date or a timestamp")
    .option('--weight <column>', "the edges' column of the weight")
    .option('--pins <table>', 'file or query with a row for each pin')
    .option('--pin-id <column>', "the pins' column that --pin refers to; default: its name")
    .option('--boards <table>', 'file or query with a row for each board')
    .option('--board-id <column>', "the boards' column that --board refers to; default: its name")
    .option(
      '--board-type <column>',
      "the boards' column (without --boards: the edges') of the type of a board, such as playlist or album",
    )
    .option(
      '--feature <name:kind>',
      'a column of the pins, or vectors in a file, to learn from; may be given more than once',
      repeated,
    )
    .option('--board-feature <name:kind>', 'the same of the boards', repeated)
    .option('--title <column>', "the pins' column to show as title; default: title or name")
    .option('--image <column>', "the pins' column with an image's address")
    .addOption(
      new Option('--duplicates <what>', 'an edge given more than once: merge it, or sum the weights')
        .choices(['merge', 'sum'])
        .default('merge'),
    )
    .option('--skip-bad-rows', 'leave out rows that cannot be read instead of stopping')
    .option('--memory <size>', "what the import may take, such as 4GB; default: half of the machine's", bytes)
    .option('--force', 'replace the dataset that is there')
    .requiredOption('--out <directory>', 'where the dataset goes')
    .addHelpText('after', EXAMPLES)
    .action(async (edges: string[], flags: ImportFlags) => {
      const { importFiles } = await import('../work/import.js');
      await importFiles(edges, flags, context);
    });
}
