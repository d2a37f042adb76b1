import { expect } from 'vitest';
import { type Edges, Graph, PinSageError, type PinSageErrorCode, type WalkOptions } from '../lib/index.js';
import { type ReferenceGraph, referenceGraph } from './reference/graph.js';

/** A small generator of its own (mulberry32): tests must not lean on what they test. */
export function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Skewed random edges with times from 0 to 99 and duplicates among them. The last tenth of the pins and the last two boards get none. */
export function randomEdges(seed: number, pins: number, boards: number, count: number, weighted = false): Edges {
  const random = generator(seed);
  const edges: Edges = { pins: new Uint32Array(count), boards: new Uint32Array(count) };
  const weights = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    edges.pins[i] = Math.floor(random() ** 2 * pins * 0.9);
    edges.boards[i] = Math.floor(random() ** 2 * (boards - 2));
    weights[i] = random() < 0.1 ? 0 : random() * 10;
  }
  if (weighted) edges.weights = weights;
  // Drawn apart, so that they do not change the rest.
  edges.times = BigInt64Array.from({ length: count }, () => BigInt(Math.floor(random() * 100)));
  return edges;
}

export interface Example {
  graph: Graph;
  reference: ReferenceGraph;
}

export async function randomGraph(
  seed: number,
  weighted = false,
  pins = 60,
  boards = 25,
  count = 200,
): Promise<Example> {
  const graph = await Graph.fromEdges(randomEdges(seed, pins, boards, count, weighted), { pins, boards });
  return { graph, reference: referenceGraph(graph.arrays) };
}

export const all = (count: number) => Uint32Array.from({ length: count }, (_, i) => i);

/** Asserts that the call fails with a PinSageError of this code whose message matches. */
export async function expectError(code: PinSageErrorCode, message: RegExp, call: () => unknown): Promise<void> {
  const error = await Promise.resolve()
    .then(call)
    .then(
      () => undefined,
      (error: unknown) => error,
    );
  expect(error).toBeInstanceOf(PinSageError);
  expect((error as PinSageError).code).toBe(code);
  expect((error as PinSageError).message).toMatch(message);
}

/** The chi-square statistic's upper bound at probability 1e-6 (Wilson and Hilferty's approximation). */
export function chiSquareLimit(degrees: number): number {
  const z = 4.753;
  const spread = 2 / (9 * degrees);
  return degrees * (1 - spread + z * Math.sqrt(spread)) ** 3;
}

/** The limit in time of seed i. */
export function limitOf({ before }: WalkOptions, i: number): bigint | undefined {
  return before instanceof BigInt64Array ? before[i] : before;
}
