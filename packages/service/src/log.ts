import type { FastifyInstance } from 'fastify';

/** One line for each request that is over: what was asked by its route, never a query, a key or a body. */
export function logRequests(app: FastifyInstance): void {
  app.addHook('onResponse', async (request, reply) => {
    const { method, routeOptions, ip } = request;
    const milliseconds = Math.round(reply.elapsedTime * 1000) / 1000;
    request.log.info({ method, route: routeOptions.url, status: reply.statusCode, milliseconds, ip }, 'request');
  });
}
