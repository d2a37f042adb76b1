import { type Command, Option } from 'commander';
import type { Context } from '../context.js';
import type { EmbedFlags } from '../flags.js';
import { bytes } from '../options.js';

const EXAMPLES = `
Examples:
  $ pinsage embed runs/films
  $ pinsage embed runs/films --index
  $ pinsage embed runs/films --from embeddings
  $ pinsage embed runs/films --new fresh.jsonl --out fresh-embeddings.jsonl
  $ echo '{"id": "new", "title": "Boats at sea", "year": 1902}' | pinsage embed runs/films --new -

A new pin is one JSON object on a line, with the features of the dataset (all may be missing), and if it is on boards of the dataset
already, their ids: {"id": "new", "title": "Boats at sea", "boards": ["12", "733"]}. Nothing is trained again.`;

export function addEmbed(program: Command, context: Context): void {
  program
    .command('embed')
    .summary('compute the embeddings of all pins, or of new ones')
    .description(
      "Embeds all pins of the run's dataset on its whole graph, layer by layer, into embeddings.safetensors and embeddings.parquet; or, with --new, pins that the dataset does not have.",
    )
    .argument('<run>', 'directory of the run')
    .addOption(
      new Option(
        '--from <path>',
        'take the embeddings from there instead of computing them: Parquet with row, id and embedding, as `pinsage-spark embed` writes it',
      ).conflicts('new'),
    )
    .option('--new <file>', 'JSON lines with pins that the dataset does not have; - is stdin')
    .option('--out <file>', 'with --new: where the embeddings go, as JSON lines; default: stdout')
    .addOption(
      new Option('--index [store]', 'make an index for fast search too, of numbers kept in 32, 16 or 8 bits')
        .choices(['f32', 'f16', 'i8'])
        .preset('f16')
        .conflicts('new'),
    )
    .addOption(
      new Option(
        '--memory <size>',
        'what pooled neighbours may take, such as 4GB; default: 64MB, or a quarter of the memory where a layer is more than half of it',
      )
        .argParser(bytes)
        .conflicts(['from', 'new']),
    )
    .addHelpText('after', EXAMPLES)
    .action(async (path: string, flags: EmbedFlags) => {
      const { embedNewPinsOf, embedRun } = await import('../work/embed.js');
      if (flags.new === undefined) await embedRun(path, flags, context);
      else await embedNewPinsOf(path, flags.new, flags.out, context);
    });
}
