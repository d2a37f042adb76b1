import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Metrics } from './metrics.js';

/** Of a client that has left before its answer. */
const LEFT = 499;

/** Counts each request that is over, and logs a line: what was asked by its route, never a query, a key or a body. */
export function watchRequests(app: FastifyInstance, metrics: Metrics): void {
  const over = (request: FastifyRequest, status: number, milliseconds: number) => {
    const { method, routeOptions, ip } = request;
    metrics.count(method, routeOptions.url, status, milliseconds / 1000);
    const rounded = Math.round(milliseconds * 1000) / 1000;
    request.log.info({ method, route: routeOptions.url, status, milliseconds: rounded, ip }, 'request');
  };
  app.addHook('onRequest', async (request, reply) => {
    // Fastify has no onResponse for those.
    reply.raw.once('close', () => {
      if (!reply.raw.writableEnded) over(request, LEFT, reply.elapsedTime);
    });
  });
  app.addHook('onResponse', async (request, reply) => over(request, reply.statusCode, reply.elapsedTime));
  app.addHook('onClose', async () => metrics.close());
}
