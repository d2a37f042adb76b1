import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { PinSageError, type PinSageErrorCode } from '@pinsage/native';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** What the service says about itself; errors of the library keep their own codes. */
export type ServiceErrorCode =
  | 'INVALID_REQUEST'
  | 'UNAUTHORIZED'
  | 'NO_KEYS'
  | 'NO_ROUTE'
  | 'READ_ONLY'
  | 'NOT_SWAPPED'
  | 'PAYLOAD_TOO_LARGE'
  | 'UNSUPPORTED_MEDIA_TYPE'
  | 'RATE_LIMITED'
  | 'CLIENT_CLOSED_REQUEST'
  | 'NOT_READY'
  | 'OVERLOADED'
  | 'TIMEOUT';

const SERVICE_STATUS: Record<ServiceErrorCode, number> = {
  INVALID_REQUEST: 400,
  UNAUTHORIZED: 401,
  NO_KEYS: 403,
  NO_ROUTE: 404,
  READ_ONLY: 409,
  NOT_SWAPPED: 409,
  PAYLOAD_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  RATE_LIMITED: 429,
  // Nobody reads this one but the log.
  CLIENT_CLOSED_REQUEST: 499,
  NOT_READY: 503,
  OVERLOADED: 503,
  TIMEOUT: 504,
};

/** What the library's errors are over HTTP. Those that are not the client's doing say no more than their code. */
const LIBRARY_STATUS: Record<PinSageErrorCode, number> = {
  INVALID_ARGUMENT: 400,
  NOT_FINITE: 400,
  BAD_ROWS: 400,
  NOT_FOUND: 404,
  FILE_EXISTS: 409,
  // A run without a model embeds no new pins; a service's other files are opened when it starts.
  FILE_NOT_FOUND: 409,
  CLOSED: 503,
  LOCKED: 503,
  OUT_OF_MEMORY: 503,
  ABORTED: 503,
  FILE_CORRUPT: 500,
  FILE_VERSION: 500,
  IO: 500,
  MISSING_DEPENDENCY: 500,
  // Of training on several processes alone.
  PEER_LOST: 500,
  DIVERGED: 500,
  INTERNAL: 500,
};

/** An answer that is not the one that was asked for. */
export class ServiceError extends Error {
  readonly code: ServiceErrorCode;
  /** Seconds after which another try makes sense. */
  readonly retryAfter?: number;

  constructor(code: ServiceErrorCode, message: string, details: { retryAfter?: number } = {}) {
    super(message);
    this.name = 'ServiceError';
    this.code = code;
    this.retryAfter = details.retryAfter;
  }
}

/** What is under `error` in an answer. */
export interface ErrorBody {
  code: string;
  message: string;
  argument?: string;
  allowed?: string;
}

export interface DescribedError {
  status: number;
  body: ErrorBody;
  retryAfter?: number;
}

/** What a client is told of an error: nothing of the service's inside, which the log has. */
export function describeError(error: unknown): DescribedError {
  if (error instanceof ServiceError) {
    const { code, message, retryAfter } = error;
    return { status: SERVICE_STATUS[code], body: { code, message }, retryAfter };
  }
  if (error instanceof PinSageError) return describeLibrary(error);
  return describeFastify(error as FastifyError);
}

function describeLibrary({ code, message, argument, allowed }: PinSageError): DescribedError {
  const status = LIBRARY_STATUS[code];
  if (code === 'FILE_NOT_FOUND')
    return { status, body: { code, message: 'The run does not have a file that this needs.' } };
  if (status < 500) return { status, body: { code, message, argument, allowed } };
  return { status, body: { code, message: HIDDEN }, ...(status === 503 && { retryAfter: 1 }) };
}

const HIDDEN = 'The service could not answer this; its log says why.';

/** What Fastify throws before a handler runs has a status; anything else is a mistake of ours. */
function describeFastify({ statusCode = 500, validation, validationContext, message }: FastifyError): DescribedError {
  if (validation !== undefined) {
    const [{ instancePath, params }] = validation;
    const inside = String(params.missingProperty ?? params.additionalProperty ?? '');
    const argument = [...instancePath.split('/').filter(Boolean), ...(inside ? [inside] : [])].join('.');
    return { status: 400, body: { code: 'INVALID_ARGUMENT', message, argument: argument || validationContext } };
  }
  if (statusCode < 400 || statusCode >= 500) return { status: 500, body: { code: 'INTERNAL', message: HIDDEN } };
  const code = FASTIFY_CODES[statusCode] ?? 'INVALID_REQUEST';
  return { status: statusCode, body: { code, message } };
}

const FASTIFY_CODES: Partial<Record<number, ServiceErrorCode>> = {
  404: 'NO_ROUTE',
  413: 'PAYLOAD_TOO_LARGE',
  415: 'UNSUPPORTED_MEDIA_TYPE',
};

export function sendError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { status, body, retryAfter } = describeError(error);
  if (status >= 500 && !(error instanceof ServiceError)) request.log.error({ err: error }, 'a request failed');
  if (retryAfter !== undefined) reply.header('retry-after', String(retryAfter));
  if (status === 401) reply.header('www-authenticate', 'Bearer');
  return reply.code(status).type('application/json; charset=utf-8').send({ error: body });
}

export function handleErrors(app: FastifyInstance): void {
  app.setErrorHandler(sendError);
  app.setNotFoundHandler((request, reply) => {
    sendError(new ServiceError('NO_ROUTE', 'There is nothing under this address and method.'), request, reply);
  });
}

/** What Node says of bytes that never became a request. */
const UNREAD: Record<string, { status: number; message: string }> = {
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, message: 'The request was not sent in time.' },
  HPE_HEADER_OVERFLOW: { status: 431, message: 'Address and headers are larger than 16 KiB.' },
};
const MALFORMED = { status: 400, message: 'This is not HTTP.' };

/** Answers what no route gets to see as errors are answered everywhere, and closes the connection. */
export function refuseConnection(error: Error & { code?: string }, socket: Socket): void {
  const { status, message } = UNREAD[error.code ?? ''] ?? MALFORMED;
  const body = JSON.stringify({ error: { code: 'INVALID_REQUEST', message } satisfies ErrorBody });
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  if (socket.writable && error.code !== 'ECONNRESET') socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
  socket.destroy(error);
}
