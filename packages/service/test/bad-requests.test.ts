import fc from 'fast-check';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiKeys } from '../src/index.js';
import { ask, Harness } from './harness.js';

let harness: Harness;
let app: FastifyInstance;
beforeAll(async () => {
  harness = await Harness.open();
  app = await harness.service({ keys: ApiKeys.of(['key']) });
});
afterAll(() => harness.close());

describe('bodies', () => {
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
  const bad: [string, string][] = [
    ['/v1/related', ''],
    ['/v1/related', '{"pins":[{"id":"p1"}'],
    ['/v1/related', 'null'],
    ['/v1/related', '[]'],
    ['/v1/related', '"pins"'],
    ['/v1/related', '{"pins":[]}'],
    ['/v1/related', '{"pins":[{"id":1}]}'],
    ['/v1/related', '{"pins":[{"id":""}]}'],
    ['/v1/related', '{"pins":[{"id":"p1","extra":1}]}'],
    ['/v1/related', '{"pins":[{"id":"p1"}],"top":1e400}'],
    ['/v1/related', '{"pins":[{"id":"p1"}],"top":"5"}'],
    ['/v1/related', '{"pins":[{"id":"p1"}],"__proto__":{"top":1}}'],
    ['/v1/related', '{"pins":[{"id":"p1"}],"constructor":{"prototype":{"top":1}}}'],
    ['/v1/related', deep],
    ['/v1/related', `{"pins":${deep}}`],
    ['/v1/home-feed', `{"board":"b1","filter":{"year":${deep}}}`],
    ['/v1/home-feed', '{"board":"b1","filter":{"year":{}}}'],
    ['/v1/home-feed', '{"board":"b1","filter":{"year":{"like":1}}}'],
    ['/v1/home-feed', '{"board":"b1","filter":{"toString":1}}'],
    ['/v1/home-feed', '{"board":"b1","columns":["title; DROP TABLE pins"]}'],
    ['/v1/home-feed', '{"board":"b1","columns":["\\""]}'],
    ['/v1/home-feed', '{"pins":[{"id":"p1"}],"weights":[1e999]}'],
    ['/v1/embed', `{"pins":[{"features":{"title":${deep}}}]}`],
    ['/v1/embed', '{"pins":[{"features":{"title":{"a":1}}}]}'],
    ['/v1/related-to', '{"vector":[1,2,3,4,5,6,7,1e999]}'],
    ['/v1/related-to', '{"vector":[1,2,3,4,5,6,7,"8"]}'],
    ['/v1/related-to', '{"features":{},"walk":0.5}'],
  ];
  it.each(bad.map(([url, body]) => [url, body.length > 80 ? `${body.slice(0, 80)}…` : body, body]))(
    '%s %s is refused',
    async (url, _, body) => {
      const { status, body: answer } = await ask(app, 'POST', url, body);
      expect([url, status]).toEqual([url, 400]);
      expect(answer.error.code).toMatch(/^(INVALID_|NOT_FINITE)/);
      expect(JSON.stringify(answer)).not.toMatch(/node_modules|\.js:|\/packages\//);
    },
  );

  it('of other types are refused', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/xml', 'nonsense'])
      expect((await ask(app, 'POST', '/v1/related', '{}', { 'content-type': type })).status).toBe(415);
  });

  it('are texts of UTF-8 in any writing', async () => {
    const body = '{"pins":[{"id":"\\u0070\\u0031"},{"id":"\\ud800"},{"id":"😀"},{"id":"p1\\u0000"}]}';
    const { results } = (await ask(app, 'POST', '/v1/related', body)).body;
    expect(results.map((each: { error?: { code: string } }) => each.error?.code)).toEqual([
      undefined,
      'NOT_FOUND',
      'NOT_FOUND',
      'NOT_FOUND',
    ]);
  });
});

describe('addresses', () => {
  it.each([
    ['%', 400],
    ['%zz', 400],
    ['%ff', 400],
    ['%ed%a0%80', 400],
    ['%00', 404],
    ['..%2f..%2fetc%2fpasswd', 404],
    ['%2e%2e', 404],
    ['__proto__', 404],
    ['constructor', 404],
    ['p1%2frelated', 404],
    ['😀', 404],
    ["' OR 1=1 --", 404],
  ])('an id %j gives %i', async (id, status) => {
    await expectAll(id, status);
  });

  it('are not longer than an id can be', async () => {
    for (const length of [1025, 15_000]) await expectAll('a'.repeat(length), 414);
  });

  async function expectAll(id: string, status: number) {
    for (const place of [`/v1/pins/${id}`, `/v1/pins/${id}/related`, `/v1/boards/${id}`]) {
      const answer = await ask(app, 'GET', place);
      expect([place.slice(0, 60), answer.status]).toEqual([place.slice(0, 60), status]);
      expect(answer.body.error.code).toBeTypeOf('string');
    }
  }

  it('with odd queries are refused', async () => {
    const odd = [
      'top=0',
      'top=1.5',
      'top=x',
      'top=1&top=2',
      'filter={',
      'filter=[]',
      'filter={"a":1}',
      'walk=2',
      'x=1',
      'diversity=NaN',
    ];
    for (const query of odd) {
      const { status, body } = await ask(app, 'GET', `/v1/pins/p1/related?${query}`);
      expect([query, status, body.error.code]).toEqual([query, 400, 'INVALID_ARGUMENT']);
    }
    for (const query of ['title=', `title=${'a'.repeat(300)}`, 'title=a&limit=0', 'title=a&columns=%00'])
      expect((await ask(app, 'GET', `/v1/pins?${query}`)).status).toBe(400);
  });

  it('of files lead nowhere', async () => {
    for (const url of [
      '/explorer/../package.json',
      '/explorer/%2e%2e/package.json',
      '/explorer/..%2fpackage.json',
      '/docs/static/..%2f..%2fpackage.json',
    ])
      expect((await app.inject(url)).statusCode).toBeGreaterThanOrEqual(400);
  });
});

describe('errors', () => {
  it('that nobody expects say nothing of the inside', async () => {
    const broken = Object.create(harness.recommender, {
      related: {
        value: async () => {
          throw new TypeError('at /secret/place.js:1');
        },
      },
    });
    const answer = await ask(await harness.service({ recommender: broken }), 'GET', '/v1/pins/p1/related');
    expect(answer.status).toBe(500);
    expect(answer.body.error).toEqual({ code: 'INTERNAL', message: expect.not.stringContaining('secret') });
  });

  it('name the argument', async () => {
    const { body } = await ask(app, 'POST', '/v1/home-feed', { pins: [{ id: 'p1' }, { id: 7 }] });
    expect(body.error).toMatchObject({ code: 'INVALID_ARGUMENT', argument: 'pins.1.id' });
    const filter = await ask(app, 'POST', '/v1/home-feed', { board: 'b1', filter: { colour: 'red' } });
    expect(filter.body.error).toMatchObject({ argument: 'filter', allowed: expect.stringContaining('title') });
  });
});

// biome-ignore lint/suspicious/noExplicitAny: JSON schemas of many shapes.
type Schema = any;

/** Values that a schema allows, mostly. */
function valuesOf(schema: Schema): fc.Arbitrary<unknown> {
  if (schema === undefined) return fc.jsonValue();
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map(valuesOf));
  if (schema.enum) return fc.constantFrom(...schema.enum);
  const types: string[] = [schema.type].flat();
  return fc.oneof(...types.map((type) => ofType(type, schema)));
}

function ofType(type: string, schema: Schema): fc.Arbitrary<unknown> {
  const { minimum, maximum } = schema;
  switch (type) {
    case 'string':
      return fc.oneof(
        fc.constantFrom('p1', 'p17', 'b3', 'title', 'year', 'sea', '{"year":1}'),
        fc.string({ unit: 'binary' }),
        fc.string(),
      );
    case 'integer':
      return fc.integer({ min: minimum ?? -10, max: Math.min(maximum ?? 1000, 1000) });
    case 'number':
      return fc.double({ min: minimum ?? -1e300, max: maximum ?? 1e300, noNaN: true });
    case 'boolean':
      return fc.boolean();
    case 'array':
      return fc.array(valuesOf(schema.items), { maxLength: 9 });
    case 'object':
      return objects(schema);
    default:
      return fc.constant(null);
  }
}

function objects({ properties = {}, required = [], additionalProperties }: Schema): fc.Arbitrary<unknown> {
  const named = fc.record(
    Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, valuesOf(schema)])),
    {
      requiredKeys: required,
    },
  );
  if (typeof additionalProperties !== 'object') return named;
  const names = fc.oneof(fc.constantFrom('title', 'year', 'genres'), fc.string());
  return fc.dictionary(names, valuesOf(additionalProperties), { maxKeys: 3, noNullPrototype: true });
}

/** What the schema allows, or with one piece of it replaced by any JSON. */
function nearlyValid(schema: Schema): fc.Arbitrary<unknown> {
  const damaged = fc.tuple(valuesOf(schema), fc.nat(), fc.jsonValue()).map(([value, place, other]) => {
    if (typeof value !== 'object' || value === null) return other;
    const keys = Object.keys(value);
    return keys.length === 0 ? other : { ...value, [keys[place % keys.length]]: other };
  });
  return fc.oneof({ weight: 3, arbitrary: valuesOf(schema) }, { weight: 2, arbitrary: damaged });
}

describe('random requests after the OpenAPI document', () => {
  it('never give a 5xx, and success is as the document says', { timeout: 300_000 }, async () => {
    await app.ready();
    const { paths } = app.swagger() as { paths: Record<string, Record<string, Schema>> };
    const operations = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ path, method, ...operation })),
    );
    const requests = operations.map(({ path, method, parameters = [], requestBody }: Schema) => {
      const values = parameters.map(({ name, schema, in: place }: Schema) =>
        fc.tuple(fc.constant(name), fc.constant(place), nearlyValid(schema)),
      );
      const body = requestBody && nearlyValid(requestBody.content['application/json'].schema);
      return fc.record({
        path: fc.constant(path),
        method: fc.constant(method),
        values: fc.tuple(...values) as fc.Arbitrary<[string, string, unknown][]>,
        body: body ?? fc.constant(undefined),
        left: fc.boolean(),
      });
    });
    const statuses = new Set<number>();
    await fc.assert(
      fc.asyncProperty(fc.oneof(...requests), async ({ path, method, values, body, left }) => {
        let url = path;
        const query = new URLSearchParams();
        for (const [name, place, value] of values) {
          const text = typeof value === 'string' ? value : JSON.stringify(value);
          if (place === 'path') url = url.replace(`{${name}}`, () => encode(text));
          else if (!left) query.set(name, text);
        }
        const headers = {
          authorization: 'Bearer key',
          ...(body !== undefined && { 'content-type': 'application/json' }),
        };
        const payload = body === undefined ? undefined : JSON.stringify(body);
        const answer = await app.inject({ method: method as 'GET', url: `${url}?${query}`, payload, headers });
        statuses.add(answer.statusCode);
        if (answer.statusCode >= 500) throw new Error(`${method} ${url} ${payload}: ${answer.body}`);
        if (answer.statusCode >= 400) expect(answer.json().error.code).toBeTypeOf('string');
      }),
      { numRuns: 600, seed: 8 },
    );
    expect([...statuses]).toEqual(expect.arrayContaining([200, 400, 404]));
  });
});

/** Half of a surrogate pair has no encoding. */
function encode(text: string): string {
  return encodeURIComponent(Buffer.from(text).toString());
}
