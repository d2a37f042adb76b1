import { invalidArgument } from '@pinsage/native';
import { Type } from 'typebox';
import { pinList } from '../recommend.js';
import { answers, Features, Id, PinList, recommendProperties, strict } from '../schemas.js';
import type { RouteContext, Routes } from './route.js';

const Boards = Type.Array(Id, { maxItems: 10_000, description: 'Ids of the boards that it is on.' });
const Vector = Type.Array(Type.Number(), { maxItems: 65_536 });

/** Pins that the catalogue does not have: their embeddings, and what is related to them. */
export function addEmbed(app: Routes, { calls, limits }: RouteContext): void {
  app.post(
    '/v1/embed',
    {
      schema: {
        operationId: 'embed',
        tags: ['new pins'],
        summary: 'Embeddings of pins that the catalogue does not have',
        body: strict({
          pins: Type.Array(strict({ features: Features, boards: Type.Optional(Boards) }), {
            minItems: 1,
            maxItems: limits.batch,
          }),
        }),
        response: answers(strict({ width: Type.Integer(), vectors: Type.Array(Vector) })),
      },
    },
    (request, reply) =>
      calls.run(reply, async (recommender, signal) => {
        const { pins } = request.body;
        const { width } = recommender.index;
        const vectors = await recommender.embed(pins, { signal });
        return { width, vectors: pins.map((_, i) => Array.from(vectors.subarray(i * width, (i + 1) * width))) };
      }),
  );

  app.post(
    '/v1/related-to',
    {
      schema: {
        operationId: 'relatedTo',
        tags: ['new pins'],
        summary: 'Related pins of a pin that the catalogue does not have, or of an embedding',
        body: strict({
          features: Type.Optional(Features),
          boards: Type.Optional(Boards),
          vector: Type.Optional(Type.Array(Type.Number(), { maxItems: 65_536, description: 'Instead of features.' })),
          ...recommendProperties(limits),
        }),
        response: answers(PinList),
      },
    },
    (request, reply) => {
      const { features, boards, vector, ...options } = request.body;
      if ((features === undefined) === (vector === undefined))
        throw invalidArgument('query', undefined, 'either features or vector');
      return calls.run(reply, async (recommender, signal) => {
        const query = features
          ? await recommender.embed([{ features, boards }], { signal })
          : Float32Array.from(vector!);
        return pinList(await recommender.relatedTo(query, { ...options, signal }));
      });
    },
  );
}
