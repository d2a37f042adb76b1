import type { Catalogue } from '@pinsage/inference';
import { PinSageError } from '@pinsage/native';
import { Type } from 'typebox';
import { idText, plainRecord } from '../json.js';
import { parseList } from '../recommend.js';
import { answers, columnList, Id, Pin, strict } from '../schemas.js';
import type { RouteContext, Routes } from './route.js';

/** Ids that are listed of a board or a pin. */
const LISTED = 1000;

const IdList = Type.Array(Id);

/** What the pins and boards are. */
export function addCatalogue(app: Routes, { calls }: RouteContext): void {
  app.get(
    '/v1/pins',
    {
      schema: {
        operationId: 'search',
        tags: ['catalogue'],
        summary: 'Pins whose title holds a text',
        querystring: strict({
          title: Type.String({ minLength: 1, maxLength: 256 }),
          limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 10 })),
          columns: Type.Optional(columnList),
        }),
        response: answers(strict({ pins: Type.Array(Pin, { description: 'Best first.' }) })),
      },
    },
    (request, reply) =>
      calls.run(reply, async (recommender) => {
        const { title, limit, columns } = request.query;
        const found = await recommender.search(title, { limit, columns: parseList(columns ?? '') });
        return { pins: found.map((pin) => plainRecord(pin) as ListedRecord) };
      }),
  );

  app.get(
    '/v1/pins/:id',
    {
      schema: {
        operationId: 'pin',
        tags: ['catalogue'],
        summary: 'A pin, its columns and its boards',
        params: strict({ id: Id }),
        querystring: strict({ columns: Type.Optional(columnList) }),
        response: answers(
          strict({
            pin: Pin,
            boards: Type.Array(Id, { description: `Ids of the boards that it is on, ${LISTED} at most.` }),
            boardCount: Type.Integer(),
          }),
        ),
      },
    },
    (request, reply) =>
      calls.look(reply, async ({ catalogue }) => {
        const { id } = request.params;
        const [row] = catalogue.pinRows([id]);
        if (row < 0) throw missing('pin', id);
        const { columns } = request.query;
        const [pin] = await pinsOf(catalogue, [row], columns === undefined ? undefined : parseList(columns));
        const boards = catalogue.boardsOf(row);
        const ids = Array.from(boards.subarray(0, LISTED), (board) => idText(catalogue.boardId(board)));
        return { pin, boards: ids, boardCount: boards.length };
      }),
  );

  app.get(
    '/v1/boards/:id',
    {
      schema: {
        operationId: 'board',
        tags: ['catalogue'],
        summary: 'A board, its columns and its pins',
        params: strict({ id: Id }),
        querystring: strict({ columns: Type.Optional(columnList) }),
        response: answers(
          strict({
            board: Pin,
            pins: IdList,
            pinCount: Type.Integer(),
          }),
        ),
      },
    },
    (request, reply) =>
      calls.look(reply, async ({ catalogue }) => {
        const { id } = request.params;
        const row = catalogue.boardRow(id);
        if (row < 0) throw missing('board', id);
        const { columns } = request.query;
        const [board] = await catalogue.describeBoards([row], columns === undefined ? undefined : parseList(columns));
        const pins = catalogue.membersOf(row);
        const ids = Array.from(pins.subarray(0, LISTED), (pin) => idText(catalogue.pinId(pin)));
        return { board: plainRecord(board) as ListedRecord, pins: ids, pinCount: pins.length };
      }),
  );
}

type ListedRecord = { id: string; row: number } & Record<string, unknown>;

async function pinsOf(catalogue: Catalogue, rows: ArrayLike<number>, columns?: string[]): Promise<ListedRecord[]> {
  return (await catalogue.describe(rows, columns)).map((pin) => plainRecord(pin) as ListedRecord);
}

function missing(what: string, id: string): PinSageError {
  return new PinSageError('NOT_FOUND', `There is no ${what} with id '${id}'.`, { value: id });
}
