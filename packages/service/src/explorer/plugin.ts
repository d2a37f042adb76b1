import type { Recommender, RecommenderSlot } from '@pinsage/inference';
import { RunDirectory, readNeighborhoods } from '@pinsage/model';
import { PinSageError } from '@pinsage/native';
import type { FastifyInstance } from 'fastify';
import { boardRecords } from './board-records.js';
import { explorerInfo, shownColumns } from './info.js';
import { Maps } from './maps.js';
import { pinPage } from './pin-page.js';
import { pinRecord } from './pin-record.js';
import * as schemas from './schemas.js';

/** Pins of a board that its page shows. */
const MEMBERS = 24;

/** What the explorer's page asks for beyond the service's other endpoints. Under /v1. */
export async function explorer(app: FastifyInstance, { slot }: { slot: RecommenderSlot }): Promise<void> {
  const maps = new Maps();
  app.addHook('onClose', () => maps.close());

  app.get('/explorer', { schema: schemas.info }, () => slot.use(async (recommender) => explorerInfo(recommender)));

  app.get<{ Params: { id: string }; Querystring: { top: number } }>(
    '/explorer/pins/:id',
    { schema: schemas.pin },
    ({ params, query, signal }) =>
      slot.use(async (recommender) => {
        const [row] = recommender.catalogue.pinRows([params.id]);
        if (row < 0) throw notFound('pin', params.id);
        const neighborhoods = await settings(recommender);
        return pinPage(recommender, row, { top: query.top, neighborhoods, signal });
      }),
  );

  app.get<{ Params: { row: number } }>('/explorer/rows/:row', { schema: schemas.row }, ({ params: { row } }) =>
    slot.use(async (recommender) => {
      const { catalogue } = recommender;
      if (row >= catalogue.rows || !catalogue.isAlive(row)) throw notFound('pin in row', String(row));
      return pinRecord((await catalogue.describe([row], shownColumns(recommender)))[0]);
    }),
  );

  app.get<{ Params: { id: string } }>('/explorer/boards/:id', { schema: schemas.board }, ({ params: { id } }) =>
    slot.use(async (recommender) => {
      const { catalogue } = recommender;
      const board = catalogue.boardRow(id);
      if (board < 0) throw notFound('board', id);
      const members = catalogue.membersOf(board);
      const [record] = await boardRecords(recommender, [{ board, size: members.length }]);
      const pins = await catalogue.describe(members.subarray(0, MEMBERS), shownColumns(recommender));
      return { board: record, pins: pins.map(pinRecord) };
    }),
  );

  app.get('/explorer/map', { schema: schemas.map }, async (request, reply) => {
    const map = await slot.use((recommender) => maps.of(recommender));
    if (map.status !== 'ready') return reply.header('cache-control', 'no-store').send(map);
    reply.header('etag', map.etag).header('cache-control', 'no-cache');
    if (request.headers['if-none-match'] === map.etag) return reply.code(304).send();
    return reply.type('application/octet-stream').send(map.bytes);
  });
}

/** How the run's model samples neighbourhoods; undefined when it does not say, or there is no model. */
async function settings({ embeddings }: Recommender) {
  if (embeddings.directory === undefined) return undefined;
  const run = await RunDirectory.open(embeddings.directory);
  return readNeighborhoods(run.modelPath).catch((error) => {
    if (error instanceof PinSageError && error.code === 'FILE_NOT_FOUND') return undefined;
    throw error;
  });
}

function notFound(what: string, id: string): PinSageError {
  return new PinSageError('NOT_FOUND', `There is no ${what} ${JSON.stringify(id)}.`, { value: id });
}
