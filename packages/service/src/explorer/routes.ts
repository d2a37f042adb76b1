import { PinSageError } from '@pinsage/native';
import { Type } from 'typebox';
import { plainRecord } from '../json.js';
import type { RouteContext, Routes } from '../routes/route.js';
import { answers, Id, Pin, strict } from '../schemas.js';
import { boardRecords } from './board-records.js';
import { explorerInfo, shownColumns } from './info.js';
import { Maps } from './maps.js';
import { pinPage } from './pin-page.js';
import { Board, Info, MapProgress, Page } from './schemas.js';

/** Pins of a board that its page shows. */
const MEMBERS = 24;

/** What the explorer's page asks for beyond the service's other endpoints. */
export function addExplorer(app: Routes, { calls }: RouteContext): void {
  const maps = new Maps();
  app.addHook('onClose', () => maps.close());
  const tags = ['explorer'];

  app.get(
    '/v1/explorer',
    { schema: { operationId: 'explorer', tags, summary: 'What is served', response: answers(Info) } },
    (_, reply) => calls.look(reply, async (recommender) => explorerInfo(recommender)),
  );

  app.get(
    '/v1/explorer/pins/:id',
    {
      schema: {
        operationId: 'explorerPin',
        tags,
        summary: 'A pin with its boards, its neighbours by embedding, walk and content, and N(u)',
        params: strict({ id: Id }),
        querystring: strict({ top: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 12 })) }),
        response: answers(Page),
      },
    },
    ({ params, query }, reply) =>
      calls.look(reply, async (recommender, signal) => {
        const [row] = recommender.catalogue.pinRows([params.id]);
        if (row < 0) throw missing('pin with id', params.id);
        return pinPage(recommender, row, {
          top: query.top ?? 12,
          neighborhoods: await recommender.neighborhoods(),
          signal,
        });
      }),
  );

  app.get(
    '/v1/explorer/rows/:row',
    {
      schema: {
        operationId: 'explorerRow',
        tags,
        summary: 'The pin of a row, as the map numbers them',
        params: strict({ row: Type.Integer({ minimum: 0 }) }),
        response: answers(Pin),
      },
    },
    ({ params: { row } }, reply) =>
      calls.look(reply, async (recommender) => {
        const { catalogue } = recommender;
        if (row >= catalogue.rows || !catalogue.isAlive(row)) throw missing('pin in row', String(row));
        const [pin] = await catalogue.describe([row], shownColumns(recommender));
        return { ...plainRecord(pin), row };
      }),
  );

  app.get(
    '/v1/explorer/boards/:id',
    {
      schema: {
        operationId: 'explorerBoard',
        tags,
        summary: 'A board with its first pins',
        params: strict({ id: Id }),
        response: answers(strict({ board: Board, pins: Type.Array(Pin) })),
      },
    },
    ({ params: { id } }, reply) =>
      calls.look(reply, async (recommender) => {
        const { catalogue } = recommender;
        const board = catalogue.boardRow(id);
        if (board < 0) throw missing('board with id', id);
        const members = catalogue.membersOf(board);
        const [record] = await boardRecords(recommender, [{ board, size: members.length }]);
        const pins = await catalogue.describe(members.subarray(0, MEMBERS), shownColumns(recommender));
        return { board: record, pins: pins.map((pin, i) => ({ ...plainRecord(pin), row: members[i] })) };
      }),
  );

  app.get(
    '/v1/explorer/map',
    {
      schema: {
        operationId: 'explorerMap',
        tags,
        summary:
          'Places of all pins by row: u16 x and y, little-endian, 65,535 for a removed one; JSON while they are being made',
        response: {
          ...answers(Type.Any()),
          200: {
            description: 'The places, or how far they are',
            content: {
              'application/octet-stream': { schema: Type.Unsafe<Buffer>({ type: 'string', format: 'binary' }) },
              'application/json': { schema: MapProgress },
            },
          },
          304: Type.Unsafe<undefined>({ type: 'null', description: 'The places are those that were sent before.' }),
        },
      },
    },
    async (request, reply) => {
      const map = await calls.look(reply, (recommender) => maps.of(recommender));
      if (map.status !== 'ready') return reply.header('cache-control', 'no-store').type('application/json').send(map);
      reply.header('etag', map.etag).header('cache-control', 'no-cache');
      if (request.headers['if-none-match'] === map.etag) return reply.code(304).send(undefined);
      return reply.type('application/octet-stream').send(map.bytes);
    },
  );
}

function missing(what: string, id: string): PinSageError {
  return new PinSageError('NOT_FOUND', `There is no ${what} '${id}'.`, { value: id });
}
