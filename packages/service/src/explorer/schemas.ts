import { Type } from 'typebox';
import { Id, Pin, ScoredPin, strict } from '../schemas.js';
import type { ServedMap } from './maps.js';

const Count = Type.Integer({ minimum: 0 });

export const Info = strict({
  name: Type.String({ description: "The dataset's." }),
  pins: Count,
  boards: Count,
  edges: Count,
  columns: strict(
    {
      title: Type.Optional(Type.String()),
      image: Type.Optional(Type.String()),
      subtitle: Type.Optional(strict({ name: Type.String(), separator: Type.String() })),
    },
    { description: 'Which columns of the pins say what.' },
  ),
  features: Type.Array(strict({ name: Type.String(), kind: Type.String(), separator: Type.Optional(Type.String()) }), {
    description: 'What a new pin can be described by in words and numbers.',
  }),
});

export const Board = strict({ id: Id, title: Type.String(), size: Count });

export const Page = strict({
  pin: Pin,
  boards: Type.Array(Board, { description: 'The smallest first.' }),
  boardCount: Count,
  embedding: Type.Array(ScoredPin, { description: 'By embedding.' }),
  walk: Type.Array(ScoredPin, { description: 'By walk; scores are visits.' }),
  content: Type.Array(ScoredPin, { description: 'By content; scores are cosines.' }),
  neighborhood: Type.Array(ScoredPin, { description: 'N(u); scores are weights.' }),
});

export const MapProgress = Type.Unsafe<Exclude<ServedMap, { status: 'ready' }>>({
  anyOf: [
    strict({ status: Type.Enum(['computing']), progress: Type.Number({ description: 'From 0 to 1.' }) }),
    strict({ status: Type.Enum(['failed']), reason: Type.String() }),
  ],
});
