import { Terminal } from './terminal.js';

/** What every command works with. */
export interface Context {
  terminal: Terminal;
  /** Aborted by the first Ctrl-C or SIGTERM. */
  signal: AbortSignal;
  /** Errors show their stack. */
  debug: boolean;
}

/** Opens the context. The first interruption aborts the signal and leaves time to save; the second ends the process. */
export function openContext(args: string[]): Context & Disposable {
  const controller = new AbortController();
  const interrupt = () => {
    if (controller.signal.aborted) process.exit(130);
    process.stderr.write('\nStopping. Once more to stop at once, without saving.\n');
    controller.abort();
  };
  // A reader that has seen enough (`pinsage … | head`) is no error.
  const endOfPipe = (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  };
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  process.stdout.on('error', endOfPipe);
  return {
    terminal: new Terminal({ json: args.includes('--json') }),
    signal: controller.signal,
    debug: args.includes('--debug'),
    [Symbol.dispose]() {
      process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
      process.stdout.off('error', endOfPipe);
    },
  };
}
