// Writes the operations of the service's OpenAPI document as TypeScript: src/schema.ts, and the explorer's own into the explorer's
// sources. `--check` only says whether they are as they should be.
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { createService } from '@pinsage/service';

const EXPLORER = '/v1/explorer';

const service = await createService({ recommender: new Promise(() => {}), swap: async () => {} });
await service.ready();
const operations = Object.entries(service.swagger().paths).flatMap(([path, methods]) =>
  Object.entries(methods)
    .filter(([, { operationId }]) => operationId !== undefined)
    .map(([method, operation]) => ({ path, method: method.toUpperCase(), ...operation })),
);
await service.close();

const ofExplorer = ({ path }) => path.startsWith(EXPLORER);
await put(
  '../src/schema.ts',
  operations.filter((operation) => !ofExplorer(operation)),
);
await put('../../explorer/src/schema.ts', operations.filter(ofExplorer));

async function put(file, operations) {
  const target = fileURLToPath(new URL(file, import.meta.url));
  const text = schemaOf(operations);
  if (!process.argv.includes('--check')) await writeFile(target, text);
  else if ((await readFile(target, 'utf8')) !== text) {
    console.error(`${target} is not what the service has now: node scripts/generate.mjs`);
    process.exitCode = 1;
  }
}

function schemaOf(operations) {
  return [
    '// Made by scripts/generate.mjs of @pinsage/client from the OpenAPI document of @pinsage/service.\n',
    'export interface Operations {',
    ...operations.map(typesOf),
    '}\n',
    'export const OPERATIONS = {',
    ...operations.map(({ operationId, method, path }) => `  ${operationId}: { method: '${method}', path: '${path}' },`),
    '} as const;\n',
  ].join('\n');
}

function typesOf({ operationId, method, path, summary, parameters = [], requestBody, responses }) {
  const body = requestBody?.content['application/json'].schema;
  const answers = Object.entries(responses['200'].content ?? {});
  const fields = [
    ...['path', 'query'].map((place) => [place, parametersOf(parameters.filter((each) => each.in === place))]),
    ['body', body && typeOf(body, 2)],
    ['answer', answers.map(answerType).join(' | ') || 'string'],
  ];
  const lines = fields.filter(([, type]) => type !== undefined).map(([name, type]) => `    ${name}: ${type};`);
  return [`  /** ${summary} (${method} ${path}) */`, `  ${operationId}: {`, ...lines, '  };'].join('\n');
}

function answerType([type, { schema }]) {
  if (type === 'application/json') return typeOf(schema, 2);
  return type === 'application/octet-stream' ? 'ArrayBuffer' : 'string';
}

function parametersOf(parameters) {
  if (parameters.length === 0) return undefined;
  const properties = Object.fromEntries(
    parameters.map(({ name, schema, description }) => [name, { ...schema, description }]),
  );
  const required = parameters.filter((each) => each.required).map(({ name }) => name);
  return typeOf({ type: 'object', properties, required, additionalProperties: false }, 2);
}

/** A JSON schema as a type. @param depth Of the braces that it stands in. */
function typeOf(schema, depth) {
  if (schema.anyOf) return schema.anyOf.map((each) => typeOf(each, depth)).join(' | ');
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (Array.isArray(schema.type)) return schema.type.map((type) => typeOf({ ...schema, type }, depth)).join(' | ');
  if (schema.type === 'array') {
    const item = typeOf(schema.items, depth);
    return schema.items.anyOf || Array.isArray(schema.items.type) ? `(${item})[]` : `${item}[]`;
  }
  if (schema.type === 'object') return objectType(schema, depth);
  return (
    { string: 'string', integer: 'number', number: 'number', boolean: 'boolean', null: 'null' }[schema.type] ??
    'unknown'
  );
}

function objectType({ properties = {}, required = [], additionalProperties }, depth) {
  const indent = '  '.repeat(depth + 1);
  const lines = Object.entries(properties).flatMap(([name, schema]) => [
    ...(schema.description ? [`${indent}/** ${schema.description} */`] : []),
    `${indent}${name}${required.includes(name) ? '' : '?'}: ${typeOf(schema, depth + 1)};`,
  ]);
  if (typeof additionalProperties === 'object') {
    const values = typeOf(additionalProperties, depth + 1);
    if (lines.length === 0) return `Record<string, ${values}>`;
    lines.push(`${indent}[name: string]: ${values};`);
  } else if (additionalProperties === true) lines.push(`${indent}[name: string]: unknown;`);
  return lines.length === 0 ? 'Record<string, never>' : `{\n${lines.join('\n')}\n${'  '.repeat(depth)}}`;
}
