import { PinSageError } from '@pinsage/native';
import { describe } from './describe.js';
import { serve } from './serve.js';

/** @returns the exit status; the reason of a failure is on standard error */
export async function main(args: string[]): Promise<number> {
  // Whoever read from here has gone, and with him the question.
  process.stdout.on('error', () => process.exit(1));
  try {
    const [command, ...paths] = args;
    if (command === 'describe' && paths.length === 2) {
      process.stdout.write(`${JSON.stringify(await describe(paths[0], paths[1]))}\n`);
      return 0;
    }
    if (command !== undefined) {
      process.stderr.write('usage: pinsage-spark-worker [describe <dataset> <run>]\n');
      return 2;
    }
    await serve(process.stdin, process.stdout);
    return 0;
  } catch (error) {
    process.stderr.write(
      `${error instanceof PinSageError ? `${error.message} [${error.code}]` : (error as Error).stack}\n`,
    );
    return 1;
  }
}
