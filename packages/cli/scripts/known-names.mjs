const PIN = { type: 'string', pattern: '^p[0-9]{1,3}$' };
const BOARD = { type: 'string', pattern: '^b[0-9]{1,2}$' };
const COLUMN = { enum: ['title', 'genres', 'year'] };
const TITLE = { type: 'string', maxLength: 40 };
const GENRES = { type: 'array', items: { enum: ['oil', 'paper', 'stone', 'other'] }, maxItems: 3 };
const YEAR = { type: 'integer', minimum: 1000, maximum: 3000 };
const FEATURES = object({ title: TITLE, genres: GENRES, year: YEAR });
const FILTER = object({
  title: TITLE,
  year: { anyOf: [YEAR, object({ gte: YEAR, lt: YEAR, not: YEAR }, { minProperties: 1 })] },
});

/** Properties of bodies by their names. */
const PROPERTIES = {
  id: PIN,
  pin: PIN,
  board: BOARD,
  boards: list(BOARD),
  exclude: list(PIN),
  features: FEATURES,
  filter: FILTER,
  vector: { type: 'array', items: { type: 'number', minimum: -1, maximum: 1 }, minItems: 16, maxItems: 16 },
};
/** Parameters of addresses by their names. */
const PARAMETERS = {
  id: PIN,
  columns: { enum: ['title', 'genres,year'] },
  exclude: { type: 'string', pattern: '^p[0-9]{1,3}(,p[0-9]{1,3}){0,5}$' },
  filter: { enum: ['{"year":{"gte":1800}}', '{"title":"boat 3 at sea"}', '{"genres":["oil","stone"]}'] },
  title: { enum: ['boat', '3 at sea', 'a'] },
};
/** The same where a board is asked for. */
const OF_BOARDS = { id: BOARD, columns: { enum: ['id', 'row,id'] } };
/** Properties of which one stands for a query, and what goes with it. */
const CHOICES = [
  { board: [], pins: ['weights'] },
  { features: ['boards'], vector: [] },
];

/** A service's OpenAPI document with the ids, columns and features of the fuzzed collection in place of any at all. Answers stay as they are. */
export function withKnownNames(document) {
  const paths = Object.entries(document.paths).map(([path, methods]) => {
    const narrowed = Object.entries(methods).map(([method, operation]) => [method, narrowOperation(path, operation)]);
    return [path, Object.fromEntries(narrowed)];
  });
  return { ...document, paths: Object.fromEntries(paths) };
}

function narrowOperation(path, { parameters = [], requestBody, ...operation }) {
  const known = path.includes('/boards/') ? { ...PARAMETERS, ...OF_BOARDS } : PARAMETERS;
  const schemaOf = ({ name, schema }) => known[name] ?? schema;
  const narrowed = { ...operation, parameters: parameters.map((each) => ({ ...each, schema: schemaOf(each) })) };
  if (requestBody === undefined) return narrowed;
  const content = requestBody.content['application/json'];
  return {
    ...narrowed,
    requestBody: { ...requestBody, content: { 'application/json': { schema: narrow(content.schema) } } },
  };
}

function narrow(schema) {
  if (schema.type === 'array') return { ...schema, items: narrow(schema.items), maxItems: 20 };
  if (schema.properties === undefined) return schema;
  const properties = Object.entries(schema.properties).map(([name, inner]) => [
    name,
    PROPERTIES[name] ?? narrowColumns(name, inner),
  ]);
  return choose({ ...schema, properties: Object.fromEntries(properties) });
}

/** Names in a query; values in a pin that is added. */
function narrowColumns(name, schema) {
  if (name !== 'columns') return narrow(schema);
  return schema.type === 'array' ? list(COLUMN) : object({ title: TITLE, year: YEAR });
}

/** A schema that has one of the properties between which a query chooses. */
function choose(schema) {
  const choice = CHOICES.find((names) => Object.keys(names).every((name) => name in schema.properties));
  if (choice === undefined) return schema;
  const all = Object.entries(choice).flat(2);
  const anyOf = Object.entries(choice).map(([name, others]) => {
    const kept = Object.entries(schema.properties).filter(
      ([each]) => !all.includes(each) || each === name || others.includes(each),
    );
    return { ...schema, properties: Object.fromEntries(kept), required: [name] };
  });
  return { anyOf };
}

function list(items) {
  return { type: 'array', items, maxItems: 20 };
}

function object(properties, more = {}) {
  return { type: 'object', properties, additionalProperties: false, ...more };
}
