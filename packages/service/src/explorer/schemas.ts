// The explorer's endpoints, as they are checked and documented.

const text = { type: 'string' } as const;
const number = { type: 'number' } as const;
const count = { type: 'integer', minimum: 0 } as const;
const list = (items: object) => ({ type: 'array', items }) as const;
const object = (properties: Record<string, object>, required = Object.keys(properties)) =>
  ({ type: 'object', properties, required }) as const;

/** A pin with columns of whatever types the dataset has. */
const pinRecord = { ...object({ id: text, row: count }), additionalProperties: true } as const;
const scoredPins = list({ ...object({ id: text, row: count, score: number }), additionalProperties: true });
const boardRecord = object({ id: text, title: text, size: count });

const tags = ['explorer'];
const id = object({ id: { type: 'string', minLength: 1, maxLength: 1024 } });

export const info = {
  tags,
  summary: 'What is served: counts, columns, features',
  response: {
    200: object({
      name: text,
      pins: count,
      boards: count,
      edges: count,
      columns: object({ title: text, image: text, subtitle: object({ name: text, separator: text }) }, []),
      features: list(object({ name: text, kind: text, separator: text }, ['name', 'kind'])),
    }),
  },
};

export const pin = {
  tags,
  summary: 'A pin with its boards, its neighbours by embedding, walk and content, and N(u)',
  params: id,
  querystring: { ...object({ top: { type: 'integer', minimum: 1, maximum: 100, default: 12 } }, []) },
  response: {
    200: object({
      pin: pinRecord,
      boards: list(boardRecord),
      boardCount: count,
      embedding: scoredPins,
      walk: scoredPins,
      content: scoredPins,
      neighborhood: scoredPins,
    }),
  },
};

export const row = {
  tags,
  summary: 'The pin of a row, as the map numbers them',
  params: object({ row: count }),
  response: { 200: pinRecord },
};

export const board = {
  tags,
  summary: 'A board with its first pins',
  params: id,
  response: { 200: object({ board: boardRecord, pins: list(pinRecord) }) },
};

export const map = {
  tags,
  summary:
    'Places of all pins: u16 x and y of each in turn, little-endian; while they are being made, JSON that says how far that is',
  response: {
    200: {
      content: {
        'application/octet-stream': { schema: { type: 'string', format: 'binary' } },
        'application/json': {
          schema: object({ status: { enum: ['computing', 'failed'] }, progress: number, reason: text }, ['status']),
        },
      },
    },
    304: { type: 'null', description: 'The map is the one that was sent before' },
  },
};
