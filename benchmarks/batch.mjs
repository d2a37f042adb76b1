// How fast is one whole minibatch: neighbourhoods of two layers, the batch's pairs excluded, unique pins, their features?
import { randomWords } from '@pinsage/native';
import { compare, secondsAndRelease } from './lib/compare.mjs';
import { graphSetting, randomPins } from './lib/setting.mjs';

const width = 256;
const walk = { walks: 100, hops: 3, stop: 0.5, neighbors: 50 };

export default async function batch({ graph: directory, threads }) {
  const setting = await graphSetting({ graph: directory, threads });
  const { graph } = setting;
  const [queries, items, negatives] = [512, 512, 500].map((count, stream) => randomPins(graph, count, 20 + stream));
  const words = randomWords(5n, [0, 0, 0], 0, 4096);
  const values = new Float32Array(graph.pins * width).map((_, i) => words[i & 4095] / 2 ** 32);
  const roots = Uint32Array.of(...queries, ...items, ...negatives);
  const row = await compare({
    id: 'batch.512',
    work: '512 pairs + 500 negatives, 2 layers, 100 walks, 3 hops, T 50, 256 floats a pin',
    unit: 'seconds',
    peer: setting.peer && 'DGL 2.1 blocks',
    runPeer: setting.peer?.({
      op: 'batch',
      queries: [...queries],
      items: [...items],
      negatives: [...negatives],
      width,
      ...walk,
    }),
    // As the trainer does: a batch's memory goes to the next one. The peer's goes back by itself.
    runOurs: () =>
      secondsAndRelease(() =>
        graph.batch(roots, {
          ...walk,
          layers: 2,
          exclude: { queries, items },
          features: [{ kind: 'dense', values, width }],
        }),
      ),
    rounds: 5,
    target: 30,
  });
  setting.close();
  return [row];
}
