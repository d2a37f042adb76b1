import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyBaseLogger, FastifyInstance, FastifyTypeProvider, RawServerDefault } from 'fastify';
import type { Static, TSchema } from 'typebox';
import type { Calls } from '../calls.js';
import type { Limits } from '../options.js';

/** Types of requests and answers from the routes' schemas. */
interface SchemaTypes extends FastifyTypeProvider {
  validator: this['schema'] extends TSchema ? Static<this['schema']> : unknown;
  serializer: this['schema'] extends TSchema ? Static<this['schema']> : unknown;
}

/** Where routes are added. */
export type Routes = FastifyInstance<RawServerDefault, IncomingMessage, ServerResponse, FastifyBaseLogger, SchemaTypes>;

/** What routes work with. */
export interface RouteContext {
  calls: Calls;
  limits: Required<Limits>;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may call a route: anybody, those who may read (default), or those with a key. */
    access?: 'open' | 'read' | 'write';
  }
}
