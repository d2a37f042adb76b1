import type { RecommendOptions } from '@pinsage/inference';
import { Type } from 'typebox';
import { batch } from '../batch.js';
import { listOf, parseQuery, pinList } from '../recommend.js';
import { answers, BatchAnswer, Id, PinList, recommendProperties, recommendQuery, strict } from '../schemas.js';
import type { RouteContext, Routes } from './route.js';

/** Related pins: of one pin, and of many in one request. */
export function addRelated(app: Routes, { calls, limits }: RouteContext): void {
  app.get(
    '/v1/pins/:id/related',
    {
      schema: {
        operationId: 'related',
        tags: ['recommend'],
        summary: 'Related pins of a pin',
        params: strict({ id: Id }),
        querystring: strict(recommendQuery(limits)),
        response: answers(PinList),
      },
    },
    (request, reply) =>
      calls.run(reply, async (recommender, signal) => {
        const options = parseQuery(request.query);
        return pinList(await recommender.related(request.params.id, { ...options, signal }));
      }),
  );

  app.post(
    '/v1/related',
    {
      schema: {
        operationId: 'relatedBatch',
        tags: ['recommend'],
        summary: 'Related pins of many pins',
        body: strict({
          pins: Type.Array(strict({ id: Id }), { minItems: 1, maxItems: limits.batch }),
          ...recommendProperties(limits),
        }),
        response: answers(BatchAnswer),
      },
    },
    (request, reply) => {
      const { pins, ...options } = request.body;
      return calls.run(reply, (recommender, signal) => {
        const common: RecommendOptions = { ...options, signal };
        return batch(pins, async ({ id }) => listOf(await recommender.related(id, common)));
      });
    },
  );
}
