import { Graph, randomWords } from '@pinsage/native';
import { benchmarkGraph } from './graphs.mjs';
import { startPeer } from './peer.mjs';

/** What every graph benchmark starts from: the graph, and the Python peers with the same one loaded. */
export async function graphSetting({ graph, threads, name = '20m', peers = true }) {
  const directory = graph ?? (await benchmarkGraph(name));
  const peer = peers ? await startPeer('graph.py', { threads }) : null;
  await peer?.call({ op: 'load', directory });
  return {
    directory,
    // The peers have made their formats by now too.
    graph: await Graph.open(directory, { hopTables: 'now' }),
    /** Seconds that the peer needs for a request, or null when there is no peer. */
    peer: peer === null ? null : (request) => async () => (await peer.call(request)).seconds,
    close: () => peer?.close(),
  };
}

/** `count` pins of the graph that have boards, drawn uniformly with a fixed seed. */
export function randomPins(graph, count, stream) {
  const pins = new Uint32Array(count);
  const degrees = graph.pinDegrees();
  let found = 0;
  for (let block = 0; found < count; ++block) {
    for (const word of randomWords(3n, [block, 0, 0], stream, 4096)) {
      const pin = Math.floor((word / 2 ** 32) * graph.pins);
      if (degrees[pin] > 0 && found < count) pins[found++] = pin;
    }
  }
  return pins;
}
