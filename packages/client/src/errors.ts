/** What kept a request from its answer. */
export class PinSageHttpError extends Error {
  /**
   * Stable: the service's code, such as NOT_FOUND or RATE_LIMITED; or TIMEOUT when it did not answer in time, NETWORK when it could not
   * be reached, BAD_ANSWER when what answered is no PinSage service.
   */
  readonly code: string;
  /** The HTTP status; 0 where there was no answer. */
  readonly status: number;
  /** The argument that the service objects to. */
  readonly argument?: string;
  /** Seconds after which the service suggests another try. */
  readonly retryAfter?: number;

  constructor(
    code: string,
    message: string,
    details: { status?: number; argument?: string; retryAfter?: number; cause?: unknown } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'PinSageHttpError';
    this.code = code;
    this.status = details.status ?? 0;
    this.argument = details.argument;
    this.retryAfter = details.retryAfter;
  }
}

/** The error of an answer that is none of success. */
export async function errorOf(response: Response): Promise<PinSageHttpError> {
  const { status } = response;
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  const retryAfter = Number.isFinite(seconds) ? seconds : undefined;
  const body = (await response.json().catch(() => undefined)) as { error?: Record<string, unknown> } | undefined;
  const { code, message, argument } = body?.error ?? {};
  if (typeof code !== 'string') {
    return new PinSageHttpError('BAD_ANSWER', `The answer has status ${status} and no error of a PinSage service.`, {
      status,
      retryAfter,
    });
  }
  return new PinSageHttpError(code, String(message), { status, argument: argument as string | undefined, retryAfter });
}
