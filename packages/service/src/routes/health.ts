import { Type } from 'typebox';
import { describeError, ServiceError } from '../errors.js';
import type { Metrics } from '../metrics.js';
import { ErrorAnswer, strict } from '../schemas.js';
import type { RouteContext, Routes } from './route.js';

const NOT_READY = {
  opening: 'The service is still opening its run.',
  failed: 'The run could not be opened; the log says why.',
  closing: 'The service is shutting down.',
};

/** What those who look after the service ask. */
export function addHealth(app: Routes, { calls }: RouteContext, metrics: Metrics): void {
  const config = { access: 'open' } as const;
  const tags = ['service'];
  const Status = (status: string) => strict({ status: Type.Literal(status) });

  app.get(
    '/health',
    {
      config,
      schema: { operationId: 'health', tags, summary: 'Whether the process lives', response: { 200: Status('ok') } },
    },
    async () => ({ status: 'ok' }) as const,
  );

  app.get(
    '/ready',
    {
      config,
      schema: {
        operationId: 'ready',
        tags,
        summary: 'Whether queries are answered: not while the run is opened, nor while the service shuts down',
        response: { 200: Status('ready'), 503: ErrorAnswer },
      },
    },
    async (_, reply) => {
      const { state } = calls;
      if (state === 'ready') return reply.send({ status: 'ready' } as const);
      const { status, body } = describeError(new ServiceError('NOT_READY', NOT_READY[state]));
      return reply.code(status as 503).send({ error: body });
    },
  );

  app.get(
    '/metrics',
    {
      schema: {
        operationId: 'metrics',
        tags,
        summary: 'Metrics in the text format of Prometheus',
        produces: ['text/plain'],
      },
    },
    async (_, reply) => reply.type(metrics.contentType).send(await metrics.text()),
  );
}
