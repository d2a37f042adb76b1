// How fast is one real-time query? There is no Pixie to install, so the peer is what a service would write without `recommend`: the
// same walks through `Graph.walk`, counted in JavaScript.
import { compare, seconds } from './lib/compare.mjs';
import { graphSetting, randomPins } from './lib/setting.mjs';

const steps = 100_000;
const hops = 10;
const top = 100;
const queries = 40;

export default async function pixie({ graph: directory, threads }) {
  const { graph } = await graphSetting({ graph: directory, threads, peers: false });
  const rows = [];
  for (const [id, pins] of [
    ['pixie.query.1', 1],
    ['pixie.query', 5],
  ]) {
    const query = randomPins(graph, queries * pins, 30 + pins);
    const each = (answer) => async () => {
      for (let i = 0; i < query.length; i += pins) await answer(graph, query.subarray(i, i + pins));
    };
    const perQuery = async (work) => (await seconds(work)) / queries;
    rows.push(
      await compare({
        id,
        work: `one query of ${pins} pins, ${steps} steps, top ${top}`,
        unit: 'seconds',
        peer: 'Graph.walk, counted in JavaScript',
        runPeer: () => perQuery(each(plainQuery)),
        runOurs: () => perQuery(each((graph, pins) => graph.recommend({ pins }, { steps, hops, top }))),
        rounds: 5,
      }),
    );
  }
  return rows;
}

/** Pixie's query with equal shares: walks, visits in a map for each query pin, the multi-hit boost, the best. */
async function plainQuery(graph, pins) {
  const walks = steps / hops / pins.length;
  const scores = new Map();
  const visited = await graph.walk(pins, { walks, hops, stop: 0.5, mode: 'restart' });
  for (let q = 0; q < pins.length; q++) {
    const visits = new Map();
    for (const pin of visited.subarray(q * walks * hops, (q + 1) * walks * hops)) {
      visits.set(pin, (visits.get(pin) ?? 0) + 1);
    }
    for (const [pin, count] of visits) scores.set(pin, (scores.get(pin) ?? 0) + Math.sqrt(count));
  }
  for (const pin of pins) scores.delete(pin);
  const ranked = Array.from(scores, ([pin, score]) => [pin, score * score]);
  return ranked.sort(([a, m], [b, n]) => n - m || a - b).slice(0, top);
}
