// How fast is Personalized PageRank: rank bands for hard negatives, and exact scores?
import { compare, seconds, secondsAndRelease } from './lib/compare.mjs';
import { graphSetting, randomPins } from './lib/setting.mjs';

const alpha = 0.15;
const band = { alpha, from: 2000, to: 5000 };

export default async function ppr({ graph: directory, threads }) {
  const setting = await graphSetting({ graph: directory, threads });
  const { graph } = setting;
  const queries = randomPins(graph, 1000, 30);
  const overlap = await overlapWithExact(graph, queries.subarray(0, 16));
  // The peers answer one query at a time: two of them stand for the batch, and both figures are per query.
  const perQuery = (op, count, extra) =>
    setting.peer &&
    (async () => (await setting.peer({ op, queries: [...queries.subarray(0, count)], alpha, ...extra })()) / count);
  const rows = [
    await compare({
      id: 'ppr.band',
      work: `ranks 2000-5000 of 1000 pins, a query; overlap@5000 with exact ${overlap.toFixed(3)}`,
      unit: 'seconds',
      peer: setting.peer && 'scikit-network, 10 iterations',
      runPeer: perQuery('ppr.scikit-network', 2),
      runOurs: async () =>
        (await seconds(() => graph.pageRankBand(queries, { ...band, method: 'fast' }))) / queries.length,
      rounds: 3,
      target: 150,
    }),
    await compare({
      id: 'ppr.exact',
      work: 'all scores of 16 pins, L1 error <= 1e-6, a query',
      unit: 'seconds',
      peer: setting.peer && 'scipy power iteration',
      runPeer: perQuery('ppr.scipy', 1, { tolerance: 1e-6 }),
      runOurs: async () =>
        (await secondsAndRelease(() => graph.pageRank(queries.subarray(0, 16), { alpha, tolerance: 1e-6 }))) / 16,
      rounds: 3,
      target: 30,
    }),
  ];
  setting.close();
  return rows;
}

/** Mean share of the exact top 5000 that the fast method finds. */
async function overlapWithExact(graph, queries) {
  const top = { alpha, from: 0, to: 5000 };
  const exact = await graph.pageRankBand(queries, { ...top, method: 'exact' });
  const fast = await graph.pageRankBand(queries, { ...top, method: 'fast' });
  let shared = 0;
  for (let q = 0; q < queries.length; ++q) {
    const row = (result) => result.ids.subarray(q * 5000, q * 5000 + result.counts[q]);
    const found = new Set(row(fast));
    shared += row(exact).filter((pin) => found.has(pin)).length / row(exact).length;
  }
  return shared / queries.length;
}
