// How fast are importance neighbourhoods? Against DGL's PinSAGESampler, against what random access to this memory allows, and what do
// weights cost?
import { freemem } from 'node:os';
import { Graph } from '@pinsage/native';
import { compare, rowOf, seconds } from './lib/compare.mjs';
import { benchmarkGraph, sizes, weightedByHash } from './lib/graphs.mjs';
import { randomAccess } from './lib/limits.mjs';
import { plainNeighborhoods } from './lib/plain.mjs';
import { graphSetting, randomPins } from './lib/setting.mjs';

const dgl = 'DGL 2.1 PinSAGESampler';
const long = { walks: 100, hops: 3, stop: 0.5, neighbors: 50 };
const short = { walks: 10, hops: 2, stop: 0.5, neighbors: 3 };
const cases = [
  { id: 'neighbors.100x3', ...long, perCall: 512, calls: 8, target: 40 },
  { id: 'neighbors.10x2', ...short, perCall: 2048, calls: 16, target: 25 },
  { id: 'neighbors.small', ...short, perCall: 32, calls: 200, target: 10 },
];

export default async function neighbors({ graph: directory, threads }) {
  const setting = await graphSetting({ graph: directory, threads });
  const { graph } = setting;
  const rows = [];
  for (const [stream, { id, perCall, calls, target, ...options }] of cases.entries()) {
    const seeds = randomPins(graph, perCall * calls, stream);
    rows.push(
      await compare({
        id,
        work: describe(options, perCall),
        unit: 'pins/s',
        items: seeds.length,
        peer: setting.peer && dgl,
        runPeer: setting.peer?.({ op: 'neighbors', seeds: [...seeds], per_call: perCall, ...options }),
        runOurs: () => seconds(() => inCalls(graph, seeds, perCall, options)),
        target,
      }),
    );
  }
  setting.close();
  rows.push(await weightedRow(graph), plainRow(), ...(await limitRows(graph, '', threads)));
  if (directory === undefined) rows.push(...(await largeRows(threads)));
  return rows;
}

const describe = ({ walks, hops, neighbors }, perCall) =>
  `${walks} walks, ${hops} hops, T ${neighbors}, ${perCall} pins a call`;

async function inCalls(graph, seeds, perCall, options) {
  for (let start = 0; start < seeds.length; start += perCall) {
    await graph.neighborhoods(seeds.subarray(start, start + perCall), options);
  }
}

/** The same graph with weights, against itself without. */
async function weightedRow(graph) {
  const perCall = 512;
  const seeds = randomPins(graph, perCall * 8, 5);
  const weighted = await Graph.fromArrays(weightedByHash(graph.arrays), { hopTables: 'now' });
  const result = await compare({
    id: 'neighbors.weighted',
    work: `weights on every edge: ${describe(long, perCall)}`,
    unit: 'pins/s',
    items: seeds.length,
    peer: 'the same without weights',
    runPeer: () => seconds(() => inCalls(graph, seeds, perCall, long)),
    runOurs: () => seconds(() => inCalls(weighted, seeds, perCall, long)),
    target: 0.5,
  });
  await weighted.close();
  return result;
}

/** A graph that fits the first cache, where a plain loop waits for nothing. */
function plainRow() {
  const size = { pins: 300, boards: 40, edges: 1000, calls: 200, perCall: 32 };
  return rowOf({
    id: 'neighbors.tiny',
    work: `1,000 edges, 1 thread, ${describe(long, size.perCall)}`,
    unit: 'pins/s',
    items: size.calls * size.perCall,
    peer: 'plain C++ loop',
    ...plainNeighborhoods(size),
    target: 1,
  });
}

/**
 * Hops a second with 10, 100 and 1000 walks a pin. A hop is two look-ups, of the pin's entry and of the board's, each of 8 bytes somewhere
 * in 8 bytes times the number of edges.
 */
async function limitRows(graph, suffix, threads) {
  const reads = randomAccess(graph.edges * 16, threads);
  const rows = [];
  for (const [walks, count] of [
    [10, 100_000],
    [100, 16_384],
    [1000, 2048],
  ]) {
    const hops = 3;
    const seeds = randomPins(graph, count, 9);
    const made = count * walks * hops;
    rows.push(
      await compare({
        id: `neighbors.limit.${walks}${suffix}`,
        work: `${walks} walks of exactly ${hops} hops, T 50, ${Math.round(graph.edges / 1e6)} M edges; limit ${(reads / 2e6).toFixed(0)} M hops/s`,
        unit: 'hops/s',
        items: made,
        peer: null,
        runOurs: () => seconds(() => graph.neighborhoods(seeds, { walks, hops, stop: 0, neighbors: 50 })),
        limitShare: (median) => made / median / (reads / 2),
        rounds: 5,
      }),
    );
  }
  return rows;
}

async function largeRows(threads) {
  // While it is made: both ends of each edge, sorted and unsorted. Later the graph and its tables.
  const needed = sizes['200m'].edges * 60;
  if (freemem() < needed) {
    console.error(`benchmarks: the 200m graph is left out: it needs ${(needed / 1e9).toFixed(0)} GB of free memory`);
    return [];
  }
  const graph = await Graph.open(await benchmarkGraph('200m'), { hopTables: 'now' });
  const rows = await limitRows(graph, '.200m', threads);
  await graph.close();
  return rows;
}
