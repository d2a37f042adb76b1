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
        const { added } = await live(recommender).addPins(request.body.pins);
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
        const { removed } = await live(recommender).removePins([request.params.id]);
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
        const { added } = await live(recommender).addEdges(request.body.edges);
        return { added };
      }),
  );
}

/** What a recommender that was opened with `live` can do. */
interface Live {
  addPins(pins: object[]): Promise<{ added: number }>;
  addEdges(edges: { pin: string; board: string }[]): Promise<{ added: number }>;
  removePins(ids: string[]): Promise<{ removed: number }>;
}

function live(recommender: object): Live {
  if (!('addPins' in recommender)) throw new ServiceError('READ_ONLY', 'The run was not opened for live updates.');
  return recommender as Live;
}
