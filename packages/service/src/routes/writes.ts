import { PinSageError } from '@pinsage/native';
import { Type } from 'typebox';
import { ServiceError } from '../errors.js';
import { answers, Columns, Features, Id, strict, withKey } from '../schemas.js';
import type { RouteContext, Routes } from './route.js';

const Boards = Type.Array(Id, { maxItems: 10_000, description: 'Ids of the boards that it is on; new ones are made.' });

/** Live updates. What is answered is durable, and every query that begins later sees it. */
export function addWrites(app: Routes, { calls, limits }: RouteContext): void {
  const config = { access: 'write' } as const;
  const tags = ['updates'];

  app.post(
    '/v1/pins',
    {
      config,
      schema: {
        operationId: 'addPins',
        tags,
        summary: 'Adds pins',
        security: withKey,
        body: strict({
          pins: Type.Array(
            strict({
              id: Id,
              features: Features,
              columns: Type.Optional(Columns),
              boards: Type.Optional(Boards),
            }),
            { minItems: 1, maxItems: limits.batch },
          ),
        }),
        response: answers(strict({ added: Type.Integer() })),
      },
    },
    (request, reply) =>
      calls.run(reply, async (recommender) => {
        const { added } = await change(recommender.addPins(request.body.pins));
        return { added };
      }),
  );

  app.delete(
    '/v1/pins/:id',
    {
      config,
      schema: {
        operationId: 'removePin',
        tags,
        summary: 'Removes a pin',
        security: withKey,
        params: strict({ id: Id }),
        response: answers(strict({ removed: Type.Integer() })),
      },
    },
    (request, reply) =>
      calls.run(reply, async (recommender) => {
        const { removed } = await change(recommender.removePins([request.params.id]));
        return { removed };
      }),
  );

  app.post(
    '/v1/edges',
    {
      config,
      schema: {
        operationId: 'addEdges',
        tags,
        summary: 'Puts pins on boards',
        security: withKey,
        body: strict({
          edges: Type.Array(strict({ pin: Id, board: Id }), { minItems: 1, maxItems: 100 * limits.batch }),
        }),
        response: answers(strict({ added: Type.Integer() })),
      },
    },
    (request, reply) =>
      calls.run(reply, async (recommender) => {
        const { added } = await change(recommender.addEdges(request.body.edges));
        return { added };
      }),
  );
}

/** A change, or what is wrong with a service that takes none. */
async function change<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof PinSageError && error.argument === 'live')
      throw new ServiceError('READ_ONLY', 'The service was not started for live updates.');
    throw error;
  }
}
