// How fast does an unsorted edge list become CSR in both directions?
import { Graph, randomWords } from '@pinsage/native';
import { compare, seconds } from './lib/compare.mjs';
import { graphSetting } from './lib/setting.mjs';

export default async function csr({ graph: directory, threads }) {
  const setting = await graphSetting({ graph: directory, threads });
  const { graph } = setting;
  const edges = shuffledEdges(graph);
  const row = await compare({
    id: 'csr.20m',
    work: `${(graph.edges / 1e6).toFixed(1)} M unsorted edges to CSR both ways`,
    unit: 'seconds',
    peer: setting.peer && 'scipy coo to csr',
    runPeer: setting.peer?.({ op: 'csr' }),
    runOurs: () =>
      seconds(async () => {
        const built = await Graph.fromEdges(edges, { pins: graph.pins, boards: graph.boards, duplicates: 'merge' });
        await built.close();
      }),
    rounds: 5,
    target: 8,
  });
  setting.close();
  return [row];
}

function shuffledEdges({ arrays, edges, pins }) {
  const edgePins = new Uint32Array(edges);
  for (let pin = 0; pin < pins; ++pin) {
    edgePins.fill(pin, Number(arrays.pinOffsets[pin]), Number(arrays.pinOffsets[pin + 1]));
  }
  const edgeBoards = arrays.pinBoards.slice();
  const words = randomWords(4n, [0, 0, 0], 0, edges);
  for (let i = edges - 1; i > 0; --i) {
    const j = Math.floor((words[i] / 2 ** 32) * (i + 1));
    [edgePins[i], edgePins[j]] = [edgePins[j], edgePins[i]];
    [edgeBoards[i], edgeBoards[j]] = [edgeBoards[j], edgeBoards[i]];
  }
  return { pins: edgePins, boards: edgeBoards };
}
