import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Harness } from './harness.js';

let harness: Harness;
beforeAll(async () => {
  harness = await Harness.open();
});
afterAll(() => harness.close());

it('describes itself as OpenAPI 3.1', async () => {
  const service = await harness.service({ swap: async () => {} });
  const document = (await service.inject('/openapi.json')).json();
  const { valid, errors } = await new Validator().validate(document);
  expect([valid, errors]).toEqual([true, undefined]);
  expect(document.openapi).toBe('3.1.0');
  const operations = Object.values<Record<string, { operationId: string; security?: unknown; summary: string }>>(
    document.paths,
  ).flatMap((methods) => Object.values(methods));
  expect(operations.map(({ operationId }) => operationId).sort()).toEqual([
    'addEdges',
    'addPins',
    'board',
    'embed',
    'explorer',
    'explorerBoard',
    'explorerMap',
    'explorerPin',
    'explorerRow',
    'health',
    'homeFeed',
    'homeFeedBatch',
    'metrics',
    'pin',
    'ready',
    'related',
    'relatedBatch',
    'relatedTo',
    'removePin',
    'search',
    'swap',
  ]);
  for (const { summary } of operations) expect(summary).toBeTypeOf('string');
  const keyed = operations.filter(({ security }) => security !== undefined).map(({ operationId }) => operationId);
  expect(keyed.sort()).toEqual(['addEdges', 'addPins', 'removePin', 'swap']);
});
