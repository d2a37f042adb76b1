import cors from '@fastify/cors';
import Fastify, { type FastifyInstance, LogController } from 'fastify';
import { guard } from './access.js';
import { Calls } from './calls.js';
import { handleErrors, refuseConnection, sendError } from './errors.js';
import { addExplorer } from './explorer/routes.js';
import { addExplorerFiles } from './explorer-files.js';
import { Gate } from './gate.js';
import { Metrics } from './metrics.js';
import { describeRoutes } from './openapi.js';
import { completeLimits, type ServiceOptions } from './options.js';
import { addAdmin } from './routes/admin.js';
import { addCatalogue } from './routes/catalogue.js';
import { addEmbed } from './routes/embed.js';
import { addHealth } from './routes/health.js';
import { addHomeFeed } from './routes/home-feed.js';
import { addRelated } from './routes/related.js';
import type { RouteContext, Routes } from './routes/route.js';
import { addWrites } from './routes/writes.js';
import { checkRequests } from './validation.js';
import { watchRequests } from './watch.js';

/**
 * A service over a recommender: `listen` starts it, `close` stops it when requests that run are answered.
 *
 * @throws PinSageError INVALID_ARGUMENT
 */
export async function createService(options: ServiceOptions): Promise<FastifyInstance> {
  const limits = completeLimits(options.limits);
  const app = Fastify({
    bodyLimit: limits.body,
    requestTimeout: limits.receive,
    http: { headersTimeout: limits.receive, connectionsCheckingInterval: Math.min(1000, limits.receive) },
    routerOptions: { maxParamLength: 1024 },
    trustProxy: options.trustProxy ?? false,
    ...(options.logger && { loggerInstance: options.logger }),
    logController: new LogController({ disableRequestLogging: true }),
    frameworkErrors: sendError,
    clientErrorHandler: refuseConnection,
  });
  const gate = new Gate(limits.concurrency, limits.queue);
  const calls = new Calls(options.recommender, gate, limits.timeout);
  const metrics = new Metrics(gate, calls);
  checkRequests(app);
  handleErrors(app);
  app.removeContentTypeParser('text/plain');
  app.addHook('onSend', async (_, reply) => {
    reply.header('x-content-type-options', 'nosniff');
    // A connection that is kept would keep the service from ending.
    if (calls.state === 'closing') reply.header('connection', 'close');
  });
  app.addHook('preClose', async () => calls.close());
  watchRequests(app, metrics);
  if (options.cors !== undefined) await app.register(cors, { origin: options.cors.includes('*') ? '*' : options.cors });
  guard(app, { keys: options.keys, keysForReads: options.keysForReads ?? false, rate: limits.rate });
  await describeRoutes(app);
  const context = { calls, limits };
  addRoutes(app as Routes, context, metrics, options);
  if (options.explorer !== false) {
    addExplorer(app as Routes, context);
    await addExplorerFiles(app, options.explorer);
  }
  return app;
}

function addRoutes(app: Routes, context: RouteContext, metrics: Metrics, { swap }: ServiceOptions): void {
  addHealth(app, context, metrics);
  addRelated(app, context);
  addHomeFeed(app, context);
  addEmbed(app, context);
  addCatalogue(app, context);
  addWrites(app, context);
  if (swap !== undefined) addAdmin(app, swap);
}
