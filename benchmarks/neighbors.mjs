// How fast are importance neighbourhoods? Against DGL's PinSAGESampler, and against what random access to this memory allows.
import { compare, seconds } from './lib/compare.mjs';
import { randomAccess } from './lib/limits.mjs';
import { graphSetting, randomPins } from './lib/setting.mjs';

const dgl = 'DGL 2.1 PinSAGESampler';
const cases = [
  { id: 'neighbors.100x3', walks: 100, hops: 3, stop: 0.5, neighbors: 50, perCall: 512, calls: 8, target: 40 },
  { id: 'neighbors.10x2', walks: 10, hops: 2, stop: 0.5, neighbors: 3, perCall: 2048, calls: 16, target: 25 },
  { id: 'neighbors.small', walks: 10, hops: 2, stop: 0.5, neighbors: 3, perCall: 32, calls: 200, target: 10 },
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
        work: `${options.walks} walks, ${options.hops} hops, T ${options.neighbors}, ${perCall} pins a call`,
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
  rows.push(...(await limitRows(graph, threads)));
  return rows;
}

async function inCalls(graph, seeds, perCall, options) {
  for (let start = 0; start < seeds.length; start += perCall) {
    await graph.neighborhoods(seeds.subarray(start, start + perCall), options);
  }
}

/** Hops a second with 10, 100 and 1000 walks a pin. A hop is two dependent look-ups (row, entry) in each direction: 4 random reads. */
async function limitRows(graph, threads) {
  const reads = randomAccess(graph.edges * 4, threads);
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
        id: `neighbors.limit.${walks}`,
        work: `${walks} walks of exactly ${hops} hops, T 50; limit ${(reads / 4e6).toFixed(0)} M hops/s`,
        unit: 'hops/s',
        items: made,
        peer: null,
        runOurs: () => seconds(() => graph.neighborhoods(seeds, { walks, hops, stop: 0, neighbors: 50 })),
        limitShare: (median) => made / median / (reads / 4),
        rounds: 5,
      }),
    );
  }
  return rows;
}
