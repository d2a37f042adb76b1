import { Recommender } from '@pinsage/inference';
import type { FastifyInstance, InjectOptions } from 'fastify';
import { createService, type ServiceOptions } from '../src/index.js';
import { makeRun, type TestRun } from './run.js';

/** A run, its recommender, and services over it. */
export class Harness {
  readonly made: TestRun;
  readonly recommender: Recommender;
  readonly #services: FastifyInstance[] = [];

  private constructor(made: TestRun, recommender: Recommender) {
    this.made = made;
    this.recommender = recommender;
  }

  static async open(): Promise<Harness> {
    const made = await makeRun();
    return new Harness(made, await Recommender.open(made.run));
  }

  async service(options: Partial<ServiceOptions> = {}): Promise<FastifyInstance> {
    const service = await createService({ recommender: this.recommender, ...options });
    this.#services.push(service);
    return service;
  }

  /** A service on a socket, and its address. */
  async listen(
    options: Partial<ServiceOptions> = {},
  ): Promise<{ service: FastifyInstance; url: string; port: number }> {
    const service = await this.service(options);
    const url = await service.listen({ port: 0 });
    return { service, url, port: Number(new URL(url).port) };
  }

  async close(): Promise<void> {
    await Promise.all(this.#services.map((service) => service.close()));
    await this.recommender.close();
    await this.made.remove();
  }
}

export interface Answer {
  status: number;
  headers: Record<string, unknown>;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of many shapes.
  body: any;
}

export async function ask(
  service: FastifyInstance,
  method: InjectOptions['method'],
  url: string,
  payload?: object | string,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const json = payload === undefined ? {} : { 'content-type': 'application/json' };
  const response = await service.inject({ method, url, payload, headers: { ...json, ...headers } });
  return { status: response.statusCode, headers: response.headers, body: response.json() };
}

/** As JSON gives it. */
export function json(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

/** A batch that takes a while: walks for every query. */
export const SLOW = { pins: Array.from({ length: 256 }, (_, pin) => ({ id: `p${pin}` })), walk: 0.5, top: 200 };
