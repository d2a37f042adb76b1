import { Recommender } from '@pinsage/inference';
import type { FastifyInstance, InjectOptions } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createService } from '../src/index.js';
import { makeRun, type TestRun } from './run.js';

let made: TestRun;
let recommender: Recommender;
let app: FastifyInstance;
beforeAll(async () => {
  made = await makeRun();
  recommender = await Recommender.open(made.run);
  app = await createService({ recommender });
});
afterAll(async () => {
  await app.close();
  await recommender.close();
  await made.remove();
});

async function ask(method: InjectOptions['method'], url: string, payload?: object) {
  const response = await app.inject({ method, url, payload });
  return { status: response.statusCode, body: response.json() };
}

describe('recommendations', () => {
  it('gives related pins as the library does', async () => {
    const expected = await recommender.related('p17', { top: 5, columns: ['title'] });
    const { status, body } = await ask('GET', '/v1/pins/p17/related?top=5&columns=title');
    expect(status).toBe(200);
    expect(body).toEqual({ pins: JSON.parse(JSON.stringify(expected)) });
  });
});
