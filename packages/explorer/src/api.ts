// The service as this page uses it.
import { type CallOptions, PinSageClient, PinSageHttpError } from '@pinsage/client';
import { Transport } from '@pinsage/client/transport';
import { OPERATIONS, type Operations } from './schema.js';

type Answer<O extends keyof Operations> = Operations[O]['answer'];

export type Info = Answer<'explorer'>;
export type PinPage = Answer<'explorerPin'>;
export type BoardPage = Answer<'explorerBoard'>;
/** A pin with the columns that were asked for. */
export type PinRecord = Answer<'explorerRow'>;
export type ScoredPin = PinPage['embedding'][number];

export type MapAnswer =
  | Exclude<Answer<'explorerMap'>, ArrayBuffer>
  /** x and y of every row in turn. */
  | { status: 'ready'; positions: Uint16Array };

const KEY = 'pinsage.key';

let { client, explorer } = connect();

/** The key of a service that wants one for reading; kept until the tab is closed. */
export function setKey(key: string): void {
  sessionStorage.setItem(KEY, key);
  ({ client, explorer } = connect());
}

/** What the service has for everybody. */
export function service(): PinSageClient {
  return client;
}

/** What it has for this page. */
export const pages = {
  info: (options?: CallOptions): Promise<Info> => explorer.send('explorer', {}, options),
  pin: (id: string, options?: CallOptions): Promise<PinPage> => explorer.send('explorerPin', { path: { id } }, options),
  board: (id: string, options?: CallOptions): Promise<BoardPage> =>
    explorer.send('explorerBoard', { path: { id } }, options),
  row: (row: number, options?: CallOptions): Promise<PinRecord> =>
    explorer.send('explorerRow', { path: { row } }, options),
  async map(options?: CallOptions): Promise<MapAnswer> {
    const answer = await explorer.send('explorerMap', {}, options);
    return answer instanceof ArrayBuffer ? { status: 'ready', positions: new Uint16Array(answer) } : answer;
  },
};

/** What a person is told of a failure, and its HTTP status. */
export function failureOf(error: unknown): { message: string; code: number } {
  if (!(error instanceof PinSageHttpError)) return { message: String(error), code: 0 };
  const { code, status, message } = error;
  return { message: code === 'NETWORK' ? 'The service cannot be reached.' : message, code: status };
}

function connect() {
  const options = { url: new URL('..', document.baseURI).href, key: sessionStorage.getItem(KEY) ?? undefined };
  return { client: new PinSageClient(options), explorer: new Transport<Operations>(OPERATIONS, options) };
}
