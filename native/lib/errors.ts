/** Stable: a program may switch on it. */
export type PinSageErrorCode =
  | 'INVALID_ARGUMENT'
  | 'NOT_FOUND'
  | 'NOT_FINITE'
  | 'CLOSED'
  | 'ABORTED'
  | 'FILE_NOT_FOUND'
  | 'FILE_EXISTS'
  | 'FILE_CORRUPT'
  | 'FILE_VERSION'
  | 'IO'
  | 'BAD_ROWS'
  | 'LOCKED'
  | 'PEER_LOST'
  | 'DIVERGED'
  | 'MISSING_DEPENDENCY'
  | 'OUT_OF_MEMORY'
  | 'INTERNAL';

export interface PinSageErrorDetails {
  /** The argument's name, when the error is about one. */
  argument?: string;
  /** The value that was passed. */
  value?: unknown;
  /** What would have been accepted. */
  allowed?: string;
  cause?: unknown;
}

/** Every error that this project throws on purpose. */
export class PinSageError extends Error {
  readonly code: PinSageErrorCode;
  readonly argument?: string;
  readonly value?: unknown;
  readonly allowed?: string;

  constructor(code: PinSageErrorCode, message: string, details: PinSageErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    // AbortSignal's users test for this name.
    this.name = code === 'ABORTED' ? 'AbortError' : 'PinSageError';
    this.code = code;
    this.argument = details.argument;
    this.value = details.value;
    this.allowed = details.allowed;
  }
}

/** A bad argument: `neighbors is 0; allowed: an integer from 1 to 65536`. */
export function invalidArgument(argument: string, value: unknown, allowed: string): PinSageError {
  return new PinSageError('INVALID_ARGUMENT', `${argument} is ${show(value)}; allowed: ${allowed}`, {
    argument,
    value,
    allowed,
  });
}

/** The value when it is an integer in [low, high]. */
export function checkInteger(argument: string, value: unknown, low: number, high: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < low || value > high) {
    throw invalidArgument(argument, value, `an integer from ${low} to ${high}`);
  }
  return value;
}

/** The value when it is a finite number in [low, high]. */
export function checkNumber(argument: string, value: unknown, low: number, high: number): number {
  if (typeof value !== 'number' || !(value >= low && value <= high)) {
    throw invalidArgument(argument, value, `a number from ${low} to ${high}`);
  }
  return value;
}

export function checkBoolean(argument: string, value: unknown): boolean {
  if (typeof value !== 'boolean') throw invalidArgument(argument, value, 'true | false');
  return value;
}

/** The value when it is one of the choices. */
export function checkChoice<T extends string>(argument: string, value: unknown, choices: readonly T[]): T {
  if (!choices.includes(value as T)) {
    throw invalidArgument(argument, value, choices.map((choice) => `'${choice}'`).join(' | '));
  }
  return value as T;
}

/** What the addon threw, as a PinSageError. */
export function fromNative(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof PinSageError) return error;
  const { code, argument } = error as Error & { code?: PinSageErrorCode; argument?: string };
  return code === undefined ? error : new PinSageError(code, error.message, { argument, cause: error });
}

function show(value: unknown): string {
  if (typeof value === 'string') return `'${value.length > 80 ? `${value.slice(0, 77)}...` : value}'`;
  if (typeof value === 'bigint') return `${value}n`;
  if (ArrayBuffer.isView(value)) return `a ${value.constructor.name} of ${(value as Uint8Array).length}`;
  if (typeof value === 'object' && value !== null) return `a ${value.constructor?.name ?? 'object'}`;
  return String(value);
}
