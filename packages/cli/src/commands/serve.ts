import { type Command, Option } from 'commander';
import type { Context } from '../context.js';
import type { ServeFlags } from '../flags.js';
import { integer, number, repeated } from '../options.js';

const EXAMPLES = `
SIGHUP, or POST /v1/admin/swap with a key, opens the run anew and puts it in the place of the old one without a request failing.
With --live the path has to lead to another run by then (a symbolic link), which takes over what was added and removed.
SIGTERM and Ctrl-C answer what has begun, then stop.

Examples:
  $ pinsage serve runs/films                                 http://127.0.0.1:8080/docs shows what can be asked
  $ pinsage serve --new-key keys.txt --name shop             makes a key, shows it once, and keeps its hash in the file
  $ pinsage serve runs/films --keys keys.txt --rate 50       writing takes a key; 50 requests a second of each client
  $ pinsage serve runs/films --host 0.0.0.0 --keys keys.txt --keys-for-reads`;

export function addServe(program: Command, context: Context): void {
  program
    .command('serve')
    .summary('answer over HTTP')
    .description(
      'Serves a run over HTTP: related pins, home feeds, new pins, the catalogue. The log is JSON lines on stdout.',
    )
    .argument('[run]', 'directory of the run')
    .option('--host <address>', 'address to listen on; 0.0.0.0 is every one', '127.0.0.1')
    .option('--port <n>', 'port to listen on; 0 takes a free one', integer, 8080)
    .option('--live', 'pins can be added and removed, with a key; the run is locked for others that want to')
    .addOption(
      new Option(
        '--search <way>',
        'hnsw searches an index, which is made when there is none; auto is exact up to 5,000 pins',
      )
        .choices(['auto', 'exact', 'hnsw'])
        .default('auto'),
    )
    .addOption(
      new Option('--store <type>', 'how the index keeps a number').choices(['f32', 'f16', 'i8']).default('f16'),
    )
    .option('--keys <file>', 'keys of those who may write; default: nobody may')
    .option('--keys-for-reads', 'reading takes a key, too')
    .option('--new-key <file>', 'make a key, show it, add its hash to this file, and do no more')
    .option('--name <text>', 'whose the new key is')
    .option('--cors <origin>', 'pages of this origin may call the service; may be given more than once', repeated)
    .option(
      '--trust-proxy <address>',
      'believe X-Forwarded-For of this proxy or network; may be given more than once',
      repeated,
    )
    .option('--body <bytes>', 'largest body of a request', integer, 2 ** 20)
    .option('--rate <n>', 'requests per second of one client; 0 is any number', number, 0)
    .option('--concurrency <n>', 'requests that are worked on at once', integer, 64)
    .option('--queue <n>', 'requests that may wait while as many are worked on', integer, 256)
    .option('--timeout <ms>', 'time that a request may wait and work', integer, 10_000)
    .addOption(
      new Option('--log-level <level>', 'what is logged; each request is info')
        .choices(['debug', 'info', 'warn', 'error', 'silent'])
        .default('info'),
    )
    .addHelpText('after', EXAMPLES)
    .action(async (path: string | undefined, flags: ServeFlags) => {
      const { serve } = await import('../work/serve.js');
      await serve(path, flags, context);
    });
}
