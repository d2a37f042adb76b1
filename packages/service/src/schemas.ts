import { type Static, type TSchema, Type } from 'typebox';
import type { Limits } from './options.js';

/** An object that takes nothing but its properties. */
export function strict<T extends Record<string, TSchema>>(properties: T, options: { description?: string } = {}) {
  return Type.Object(properties, { ...options, additionalProperties: false });
}

/** An object of values under any names. */
export function record<T extends TSchema>(values: T, options: { description?: string } = {}) {
  return Type.Unsafe<Record<string, Static<T>>>({ ...options, type: 'object', additionalProperties: values });
}

/** A union whose kinds are told apart by what JSON says, so that one keyword does. */
function oneOf<T>(types: string[], options: object = {}) {
  return Type.Unsafe<T>({ ...options, type: types });
}

export const Id = Type.String({
  minLength: 1,
  maxLength: 1024,
  description: 'The id, as a text whatever it was imported as.',
});

const Scalar = oneOf<string | number | boolean | null>(['string', 'number', 'boolean', 'null']);
const Value = Type.Unsafe<string | number | boolean | null | (string | number | boolean | null)[]>({
  anyOf: [Scalar, Type.Array(Scalar, { maxItems: 65_536 })],
});
const Bound = oneOf<string | number>(['string', 'number']);
const Values = Type.Unsafe<string | number | boolean | null | (string | number | boolean | null)[]>({
  anyOf: [Scalar, Type.Array(Scalar, { minItems: 1, maxItems: 1000 })],
});

export const Features = record(Value, {
  description: "Raw values by the features' names, as they were imported; what is left out is missing.",
});
export const Columns = record(Value, { description: "Values by the columns' names." });

export const Filter = record(
  Type.Unsafe<
    | Static<typeof Values>
    | {
        gte?: string | number;
        gt?: string | number;
        lte?: string | number;
        lt?: string | number;
        not?: Static<typeof Values>;
      }
  >({
    anyOf: [
      Scalar,
      Type.Array(Scalar, { minItems: 1, maxItems: 1000 }),
      {
        type: 'object',
        additionalProperties: false,
        minProperties: 1,
        properties: { gte: Bound, gt: Bound, lte: Bound, lt: Bound, not: Values },
      },
    ],
  }),
  {
    description: 'Conditions over the columns of the pins, all of which have to hold: a value, one of some, or bounds.',
  },
);

/** How pins are recommended, in a body. */
export function recommendProperties({ top }: Required<Limits>) {
  return {
    top: Type.Optional(Type.Integer({ minimum: 1, maximum: top, default: 10, description: 'Pins to recommend.' })),
    columns: Type.Optional(
      Type.Array(Type.String({ maxLength: 256 }), { maxItems: 100, description: 'Columns to return with each pin.' }),
    ),
    filter: Type.Optional(Filter),
    exclude: Type.Optional(Type.Array(Id, { maxItems: 10_000, description: 'Ids of pins to leave out.' })),
    diversity: Type.Optional(
      Type.Number({ minimum: 0, maximum: 1, default: 0, description: 'How much unlikeness among the pins counts.' }),
    ),
    walk: Type.Optional(
      Type.Number({ minimum: 0, maximum: 1, default: 0, description: "Share of the graph's walks in the order." }),
    ),
  };
}

/** The same in a query string, where lists are texts with commas between and the filter is JSON. */
export function recommendQuery(limits: Required<Limits>) {
  const { top, diversity, walk } = recommendProperties(limits);
  return {
    top,
    columns: Type.Optional(columnList),
    filter: Type.Optional(
      Type.String({ maxLength: 16_384, description: 'The filter of the batch endpoint, as JSON.' }),
    ),
    exclude: Type.Optional(Type.String({ maxLength: 16_384, description: 'Ids with commas between.' })),
    diversity,
    walk,
  };
}

export const columnList = Type.String({ maxLength: 4096, description: "Columns' names with commas between." });

export const Pin = Type.Object(
  { id: Id, row: Type.Integer({ minimum: 0, description: 'Its number in the catalogue.' }) },
  { additionalProperties: true, description: 'A pin, and the columns that were asked for.' },
);

export const ScoredPin = Type.Object(
  {
    id: Id,
    row: Type.Integer({ minimum: 0 }),
    score: Type.Number({ description: "Inner product of the pin's embedding and the query's." }),
  },
  { additionalProperties: true, description: 'A pin, and the columns that were asked for.' },
);

export const PinList = strict({ pins: Type.Array(ScoredPin, { description: 'Best first.' }) });

export const ErrorAnswer = Type.Object({
  error: Type.Object({
    code: Type.String({ description: 'Stable: a program may switch on it.' }),
    message: Type.String(),
    argument: Type.Optional(Type.String()),
    allowed: Type.Optional(Type.String()),
  }),
});

/** One answer of a batch, or why there is none. */
export const BatchAnswer = strict({
  results: Type.Array(
    Type.Object({
      pins: Type.Optional(Type.Array(ScoredPin)),
      error: Type.Optional(ErrorAnswer.properties.error),
    }),
    { description: 'One for each query, in their order: its pins, or the error.' },
  ),
});

/** The answers of a route: what it is for, and the errors that every route can give. */
export function answers<T extends TSchema>(ok: T) {
  return { 200: ok, '4xx': ErrorAnswer, '5xx': ErrorAnswer };
}

/** What a route that writes needs. */
export const withKey = [{ key: [] }];
