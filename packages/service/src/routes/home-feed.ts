import type { HomeFeedQuery, RecommendOptions } from '@pinsage/inference';
import { invalidArgument } from '@pinsage/native';
import { type Static, Type } from 'typebox';
import { batch } from '../batch.js';
import { listOf, pinList } from '../recommend.js';
import { answers, BatchAnswer, Id, PinList, recommendProperties, strict } from '../schemas.js';
import type { RouteContext, Routes } from './route.js';

const query = {
  board: Type.Optional(Id),
  pins: Type.Optional(
    Type.Array(strict({ id: Id }), { minItems: 1, maxItems: 1000, description: 'Instead of a board.' }),
  ),
  weights: Type.Optional(
    Type.Array(Type.Number({ minimum: -1e6, maximum: 1e6 }), {
      maxItems: 1000,
      description: 'One for each of the pins. Default: 1 each.',
    }),
  ),
};
const Query = strict(query);

/** Home feeds: of a board or of pins, and of many in one request. */
export function addHomeFeed(app: Routes, { calls, limits }: RouteContext): void {
  app.post(
    '/v1/home-feed',
    {
      schema: {
        operationId: 'homeFeed',
        tags: ['recommend'],
        summary: 'Pins for a board, or for a list of pins',
        body: strict({ ...query, ...recommendProperties(limits) }),
        response: answers(PinList),
      },
    },
    (request, reply) => {
      const { board, pins, weights, ...options } = request.body;
      return calls.run(reply, async (recommender, signal) => {
        return pinList(await recommender.homeFeed(toQuery({ board, pins, weights }), { ...options, signal }));
      });
    },
  );

  app.post(
    '/v1/home-feeds',
    {
      schema: {
        operationId: 'homeFeedBatch',
        tags: ['recommend'],
        summary: 'Pins for many boards or lists of pins',
        body: strict({
          queries: Type.Array(Query, { minItems: 1, maxItems: limits.batch }),
          ...recommendProperties(limits),
        }),
        response: answers(BatchAnswer),
      },
    },
    (request, reply) => {
      const { queries, ...options } = request.body;
      return calls.run(reply, (recommender, signal) => {
        const common: RecommendOptions = { ...options, signal };
        return batch(queries, async (each) => listOf(await recommender.homeFeed(toQuery(each), common)));
      });
    },
  );
}

function toQuery({ board, pins, weights }: Static<typeof Query>): HomeFeedQuery {
  if ((board === undefined) === (pins === undefined)) throw invalidArgument('query', undefined, 'either board or pins');
  if (board !== undefined && weights !== undefined) throw invalidArgument('weights', weights, 'weights of pins alone');
  return board !== undefined ? { board } : { pins: pins!.map(({ id }) => id), weights };
}
