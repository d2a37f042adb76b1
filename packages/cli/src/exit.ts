import { PinSageError } from '@pinsage/native';
import { CommanderError } from 'commander';

/** Exit codes; docs/commands.md promises them. */
export const EXIT = { ok: 0, failure: 1, usage: 2, interrupted: 130 } as const;

/** The exit code that an error asks for. */
export function exitCode(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (error instanceof Error && error.name === 'AbortError') return EXIT.interrupted;
  return error instanceof PinSageError && error.code === 'INVALID_ARGUMENT' ? EXIT.usage : EXIT.failure;
}

/** An error as machines read it. */
export function describeError(error: unknown): { code: string; message: string; argument?: string; allowed?: string } {
  if (error instanceof PinSageError) {
    return { code: error.code, message: error.message, argument: error.argument, allowed: error.allowed };
  }
  const { message, code } = error as NodeJS.ErrnoException;
  return error instanceof CommanderError
    ? { code: 'USAGE', message: message.replace(/^error: /, '') }
    : { code: code ?? 'INTERNAL', message: String(message ?? error) };
}
