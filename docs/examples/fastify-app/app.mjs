import Fastify from 'fastify';

const STATUS = { INVALID_ARGUMENT: 400, NOT_FOUND: 404, ABORTED: 499, CLOSED: 503 };

/**
 * An app that answers from whatever run is in the slot.
 *
 *     GET  /pins/:id/related?top=10&diversity=0.3    POST /home-feed {"pins": ["1", "7"]}    POST /swap {"run": "runs/new"}
 */
export function createApp(slot, options = {}) {
  const app = Fastify(options);

  app.get('/pins/:id/related', { schema: { querystring: LIST } }, (request) =>
    slot.use((recommender) => recommender.related(request.params.id, { ...request.query, signal: gone(request) })),
  );

  app.post('/home-feed', { schema: { querystring: LIST, body: HOME_FEED } }, (request) =>
    slot.use((recommender) => recommender.homeFeed(request.body, { ...request.query, signal: gone(request) })),
  );

  // To be reached by those who deploy alone.
  app.post('/swap', async (request) => {
    await slot.swap(request.body.run);
    return { run: request.body.run };
  });

  app.setErrorHandler((error, request, reply) => {
    const status = STATUS[error.code] ?? error.statusCode ?? 500;
    if (status >= 500) request.log.error(error);
    reply.status(status).send({ code: error.code, message: status < 500 ? error.message : 'Something went wrong.' });
  });
  app.addHook('onClose', () => slot.close());
  return app;
}

const LIST = {
  type: 'object',
  properties: {
    top: { type: 'integer', minimum: 1, maximum: 100, default: 10 },
    diversity: { type: 'number', minimum: 0, maximum: 1 },
    walk: { type: 'number', minimum: 0, maximum: 1 },
  },
  additionalProperties: false,
};

const HOME_FEED = {
  type: 'object',
  properties: {
    board: { type: 'string' },
    pins: { type: 'array', items: { type: 'string' }, minItems: 1, maxItems: 1000 },
    weights: { type: 'array', items: { type: 'number' } },
  },
  additionalProperties: false,
};

/** Aborts when the client goes away: nobody waits for the answer any more. */
function gone(request) {
  const controller = new AbortController();
  request.raw.socket.once('close', () => controller.abort());
  return controller.signal;
}
