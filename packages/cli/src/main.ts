import { Command, Option } from 'commander';
import { addDemo } from './commands/demo.js';
import { addEmbed } from './commands/embed.js';
import { addEvaluate } from './commands/evaluate.js';
import { addGenerate } from './commands/generate.js';
import { addImport } from './commands/import.js';
import { addInfo } from './commands/info.js';
import { addRecommend } from './commands/recommend.js';
import { addServe } from './commands/serve.js';
import { addTrain } from './commands/train.js';
import { addTune } from './commands/tune.js';
import { type Context, openContext } from './context.js';
import { describeError, EXIT, exitCode } from './exit.js';
import { integer } from './options.js';
import { version } from './version.js';

/** Runs a command line and returns the exit code. */
export async function main(args: string[]): Promise<number> {
  using context = openContext(args);
  try {
    await program(context).parseAsync(args, { from: 'user' });
    return EXIT.ok;
  } catch (error) {
    const code = exitCode(error);
    if (code !== EXIT.ok) report(error, context);
    return code;
  }
}

function program(context: Context): Command {
  const program = new Command('pinsage')
    .description('PinSage: recommendations from pins, the boards they are on, and what they contain.')
    .version(version)
    .exitOverride()
    .configureOutput({ outputError: () => {} }) // main reports all errors in one way
    .helpCommand(false)
    .hook('preAction', async (_, command) => {
      const { threads, device } = command.opts<{ threads?: number; device?: string }>();
      // Packages are loaded by the commands, and ask for it then.
      if (device !== undefined) process.env.PINSAGE_DEVICE = device;
      if (threads !== undefined) (await import('@pinsage/native')).setThreads(threads);
    })
    .addHelpText('after', '\nRun `pinsage <command> --help` for the options and examples of a command.');
  const commands = [addImport, addTrain, addTune, addEvaluate, addEmbed, addRecommend, addServe, addInfo, addDemo];
  for (const add of [...commands, addGenerate]) add(program, context);
  for (const command of program.commands) {
    command
      .option('--threads <n>', 'processors to use; default all', integer)
      .addOption(
        new Option(
          '--device <name>',
          "where walks and tensors run: 'cuda' is an NVIDIA GPU, 'auto' that where there is one; default: PINSAGE_DEVICE, else 'cpu'",
        ).choices(['cpu', 'cuda', 'auto']),
      )
      .option('--json', 'print one JSON object as the last line of stdout; words for people go to stderr')
      .option('--debug', 'show the stack of an error');
  }
  return program;
}

function report(error: unknown, { terminal, debug }: Context): void {
  const description = describeError(error);
  const [first, ...rest] = description.message.split('\n');
  terminal.note([`pinsage: ${first} [${description.code}]`, ...rest].join('\n'));
  if (debug) terminal.note((error as Error).stack ?? '');
  else if (description.code === 'INTERNAL') terminal.note('This is a mistake in the program; --debug shows where.');
  if (description.code === 'USAGE') terminal.note('`pinsage <command> --help` shows what is possible.');
  terminal.result({ error: description });
}
