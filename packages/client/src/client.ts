import { PinSageHttpError } from './errors.js';
import { OPERATIONS, type Operations } from './schema.js';
import { type CallOptions, type ClientOptions, canRepeatRead, type Request, Transport } from './transport.js';

type Operation = keyof Operations;
type Body<O extends Operation> = Operations[O] extends { body: infer B } ? B : never;
type Answer<O extends Operation> = Operations[O]['answer'];

/** How pins are recommended. */
export type RecommendOptions = Omit<Body<'relatedBatch'>, 'pins'>;
/** A recommended pin, and the columns that were asked for. */
export type ScoredPin = Answer<'related'>['pins'][number];
/** A pin, and the columns that were asked for. */
export type Pin = Answer<'search'>['pins'][number];
/** What a home feed is for: a board, or pins with a weight each (default 1). */
export type HomeFeedQuery = { board: string } | { pins: string[]; weights?: number[] };
/** A pin that the service does not know. */
export type UnknownPin = Body<'embed'>['pins'][number];
/** A pin to add. */
export type AddedPin = Body<'addPins'>['pins'][number];
/** The pins of one query of a batch, or why there are none. */
export type BatchResult = Answer<'relatedBatch'>['results'][number];

/** What changes something: tried again only when the service has said that it did not begin. */
const WRITES: ReadonlySet<Operation> = new Set(['addPins', 'addEdges', 'removePin', 'swap'] as const);
const NOT_BEGUN = new Set(['RATE_LIMITED', 'OVERLOADED', 'NOT_READY']);

/** A PinSage service. Every method rejects with a PinSageHttpError, or with the reason of its signal. */
export class PinSageClient {
  readonly #transport: Transport<Operations>;

  constructor(options: ClientOptions) {
    this.#transport = new Transport<Operations>(OPERATIONS, options, canRepeat);
  }

  /** Related pins of a pin, best first. Names and ids with commas in them are for `relatedBatch`. */
  async related(id: string, { signal, ...options }: RecommendOptions & CallOptions = {}): Promise<ScoredPin[]> {
    const { columns, filter, exclude, ...numbers } = options;
    const lists = { columns: commaList('columns', columns), exclude: commaList('exclude', exclude) };
    const query = { ...numbers, ...lists, filter: filter && JSON.stringify(filter) };
    return (await this.#send('related', { path: { id }, query }, { signal })).pins;
  }

  /** Related pins of many pins in one request; a pin that is not there has an error in its place. */
  async relatedBatch(
    ids: string[],
    { signal, ...options }: RecommendOptions & CallOptions = {},
  ): Promise<BatchResult[]> {
    const body = { pins: ids.map((id) => ({ id })), ...options };
    return (await this.#send('relatedBatch', { body }, { signal })).results;
  }

  /** Pins for a board or for a list of pins, best first. */
  async homeFeed(
    query: HomeFeedQuery,
    { signal, ...options }: RecommendOptions & CallOptions = {},
  ): Promise<ScoredPin[]> {
    return (await this.#send('homeFeed', { body: { ...feedOf(query), ...options } }, { signal })).pins;
  }

  /** Pins for many boards or lists in one request; a query that asks for what is not there has an error in its place. */
  async homeFeedBatch(
    queries: HomeFeedQuery[],
    { signal, ...options }: RecommendOptions & CallOptions = {},
  ): Promise<BatchResult[]> {
    const body = { queries: queries.map(feedOf), ...options };
    return (await this.#send('homeFeedBatch', { body }, { signal })).results;
  }

  /** Related pins of a pin that the service does not know, or of an embedding. */
  async relatedTo(
    query: UnknownPin | { vector: ArrayLike<number> },
    { signal, ...options }: RecommendOptions & CallOptions = {},
  ): Promise<ScoredPin[]> {
    const asked = 'vector' in query ? { vector: Array.from(query.vector) } : query;
    return (await this.#send('relatedTo', { body: { ...asked, ...options } }, { signal })).pins;
  }

  /** Embeddings of pins that the service does not know, one for each. */
  async embed(pins: UnknownPin[], options: CallOptions = {}): Promise<Float32Array[]> {
    const { vectors } = await this.#send('embed', { body: { pins } }, options);
    return vectors.map((vector) => Float32Array.from(vector));
  }

  /** Pins whose title holds a text, best first. @param options.limit Default 10. @param options.columns Default: none. */
  async search(title: string, options: { limit?: number; columns?: string[] } & CallOptions = {}): Promise<Pin[]> {
    const { signal, limit, columns } = options;
    const query = { title, limit, columns: commaList('columns', columns) };
    return (await this.#send('search', { query }, { signal })).pins;
  }

  /** A pin and its boards. @param options.columns Default: all. */
  pin(id: string, { signal, columns }: { columns?: string[] } & CallOptions = {}): Promise<Answer<'pin'>> {
    return this.#send('pin', { path: { id }, query: { columns: commaList('columns', columns) } }, { signal });
  }

  /** A board and its pins. @param options.columns Default: all. */
  board(id: string, { signal, columns }: { columns?: string[] } & CallOptions = {}): Promise<Answer<'board'>> {
    return this.#send('board', { path: { id }, query: { columns: commaList('columns', columns) } }, { signal });
  }

  /** Adds pins. When it resolves they are durable, and the next query sees them. Takes a key. */
  addPins(pins: AddedPin[], options: CallOptions = {}): Promise<Answer<'addPins'>> {
    return this.#send('addPins', { body: { pins } }, options);
  }

  /** Puts pins on boards; a board that is not there is made. Takes a key. */
  addEdges(edges: { pin: string; board: string }[], options: CallOptions = {}): Promise<Answer<'addEdges'>> {
    return this.#send('addEdges', { body: { edges } }, options);
  }

  /** Takes a pin away. Takes a key. */
  removePin(id: string, options: CallOptions = {}): Promise<Answer<'removePin'>> {
    return this.#send('removePin', { path: { id } }, options);
  }

  /** Puts a newly trained run in the place of the current one. Takes a key. */
  async swap(options: CallOptions = {}): Promise<void> {
    await this.#send('swap', {}, options);
  }

  /** Whether the service answers queries. */
  async ready(options: CallOptions = {}): Promise<boolean> {
    try {
      return (await this.#send('ready', {}, options)).status === 'ready';
    } catch (error) {
      if ((error as PinSageHttpError).code === 'NOT_READY') return false;
      throw error;
    }
  }

  #send<O extends Operation>(operation: O, request: Request, options: CallOptions): Promise<Answer<O>> {
    return this.#transport.send(operation, request, options);
  }
}

function canRepeat(operation: Operation, error: PinSageHttpError): boolean {
  if (WRITES.has(operation)) return NOT_BEGUN.has(error.code);
  // That it is not ready is an answer.
  if (operation === 'ready') return error.code === 'NETWORK';
  return canRepeatRead(error);
}

function feedOf(query: HomeFeedQuery): Body<'homeFeedBatch'>['queries'][number] {
  return 'board' in query ? query : { ...query, pins: query.pins.map((id) => ({ id })) };
}

function commaList(argument: string, items: string[] | undefined): string | undefined {
  const strange = items?.find((item) => item.includes(','));
  if (strange === undefined) return items?.join(',');
  throw new PinSageHttpError('INVALID_ARGUMENT', `'${strange}' has a comma, which parts items here.`, { argument });
}
