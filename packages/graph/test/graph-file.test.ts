import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type CsrArrays, type Edges, Graph, randomWords } from '@pinsage/native';
import { describe, expect, it } from 'vitest';
import { buildGraphFile } from '../src/graph-file.js';
import { temporaryFolder } from './support.js';

/** Edges of which a third are of the first rows, and many are there twice. */
function skewedEdges(count: number, pins: number, boards: number, weighted: boolean, timed: boolean): Edges {
  const words = randomWords(7n, [0, 0, 0], 0, 4 * count);
  const word = (edge: number, use: number) => words[4 * edge + use];
  const map = <T>(make: (edge: number) => T) => Array.from({ length: count }, (_, edge) => make(edge));
  return {
    pins: Uint32Array.from(map((edge) => word(edge, 0) % (edge % 3 === 0 ? 2 : pins))),
    boards: Uint32Array.from(map((edge) => word(edge, 1) % (edge % 3 === 1 ? 1 : boards))),
    ...(weighted && { weights: Float32Array.from(map((edge) => (word(edge, 2) % 100) / 10)) }),
    ...(timed && { times: BigInt64Array.from(map((edge) => BigInt(word(edge, 3) | 0) << 10n)) }),
  };
}

function* inChunks({ pins, boards, weights, times }: Edges): Generator<Edges> {
  for (let from = 0; from < pins.length; from += 1000) {
    const part = <T extends { subarray(from: number, to: number): T }>(array: T) => array.subarray(from, from + 1000);
    yield { pins: part(pins), boards: part(boards), weights: weights && part(weights), times: times && part(times) };
  }
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Uint8Array) => Buffer.from(buffer, byteOffset, byteLength);

describe('buildGraphFile', () => {
  it.each([
    { weighted: false, timed: false, duplicates: 'merge', count: 400_000 },
    { weighted: true, timed: true, duplicates: 'merge', count: 150_000 },
    { weighted: true, timed: false, duplicates: 'sum', count: 100_000 },
    { weighted: false, timed: true, duplicates: 'sum', count: 60_000 },
    { weighted: true, timed: true, duplicates: 'merge', count: 0 },
  ] as const)('writes the graph that memory would hold, byte by byte: $count edges, $duplicates', async (kind) => {
    const { weighted, timed, duplicates, count } = kind;
    const [pins, boards] = [5000, 300];
    const edges = skewedEdges(count, pins, boards, weighted, timed);
    const boardTypes = Uint8Array.from({ length: boards }, (_, board) => board % 3);
    const folder = temporaryFolder();
    const spill = join(folder, 'spill');
    mkdirSync(spill);
    const source = { count, chunks: inChunks(edges) };
    const options = { pins, boards, boardTypes, weighted, timed, duplicates, spill, memory: 1 };
    const written = await buildGraphFile(join(folder, 'graph.safetensors'), source, options);
    const graph = await Graph.fromEdges(edges, { pins, boards, boardTypes, duplicates });
    const opened = await Graph.open(folder);
    expect(
      Object.keys(opened.arrays)
        .filter((name) => opened.arrays[name as keyof CsrArrays] !== undefined)
        .sort(),
    ).toEqual(Object.keys(graph.arrays).sort());
    for (const [name, expected] of Object.entries(graph.arrays) as [keyof CsrArrays, Uint8Array][]) {
      expect([name, bytesOf(opened.arrays[name] as Uint8Array).equals(bytesOf(expected))]).toEqual([name, true]);
    }
    expect(written).toEqual({
      edges: graph.edges,
      weighted: graph.weighted,
      pinsWithoutEdges: graph.pinDegrees().filter((degree) => degree === 0).length,
    });
    expect(readdirSync(spill)).toEqual([]);
  });

  it('leaves nothing behind when it is stopped', async () => {
    const folder = temporaryFolder();
    const edges = skewedEdges(100_000, 5000, 300, false, false);
    const controller = new AbortController();
    const chunks = (function* () {
      for (const chunk of inChunks(edges)) {
        yield chunk;
        controller.abort();
      }
    })();
    const options = { pins: 5000, boards: 300, weighted: false, timed: false, spill: folder, memory: 1 };
    const running = buildGraphFile(
      join(folder, 'g'),
      { count: 100_000, chunks },
      { ...options, signal: controller.signal },
    );
    await expect(running).rejects.toMatchObject({ code: 'ABORTED' });
    expect(readdirSync(folder)).toEqual([]);
  });
});
