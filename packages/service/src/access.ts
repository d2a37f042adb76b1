import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ServiceError } from './errors.js';
import type { ApiKeys } from './keys.js';
import { RateLimit } from './rate.js';

/** Turns away who asks too often, and who may not ask. Routes say who may by `config.access`. */
export function guard(app: FastifyInstance, options: { keys?: ApiKeys; keysForReads: boolean; rate: number }): void {
  const rate = options.rate > 0 ? new RateLimit(options.rate) : undefined;
  app.addHook('onRequest', async (request) => {
    const { access = 'read' } = request.routeOptions.config;
    if (access === 'open') return;
    const seconds = rate?.take(request.ip) ?? 0;
    if (seconds > 0)
      throw new ServiceError('RATE_LIMITED', 'Too many requests.', { retryAfter: Math.max(1, Math.ceil(seconds)) });
    if (access === 'write' || options.keysForReads) checkKey(request, options.keys);
  });
}

function checkKey({ headers }: FastifyRequest, keys: ApiKeys | undefined): void {
  if (keys === undefined || keys.size === 0)
    throw new ServiceError('NO_KEYS', 'This service has no keys, and nobody may do this without one.');
  const [, key] = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '') ?? [];
  if (key === undefined || !keys.has(key))
    throw new ServiceError('UNAUTHORIZED', 'This takes a key: authorization: Bearer KEY');
}
