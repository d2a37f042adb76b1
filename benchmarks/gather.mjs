// How fast are 100,000 random rows of features gathered, from floats, halves and 8-bit integers? Against torch, and against what a copy
// of as many bytes takes. Every run gathers other rows of a table far larger than the caches.
import { gatherFeatures, randomWords } from '@pinsage/native';
import { compare, seconds } from './lib/compare.mjs';
import { copyBandwidth } from './lib/limits.mjs';
import { graphSetting, randomPins } from './lib/setting.mjs';

const width = 256;
const count = 100_000;
const cases = [
  { id: 'gather.100k', dtype: 'f32', Values: Float32Array },
  { id: 'gather.100k.f16', dtype: 'f16', Values: Uint16Array },
  { id: 'gather.100k.int8', dtype: 'i8', Values: Int8Array },
];

export default async function gather({ graph: directory, threads }) {
  const setting = await graphSetting({ graph: directory, threads });
  const { graph } = setting;
  const bandwidth = copyBandwidth(threads);
  const words = randomWords(5n, [0, 0, 0], 0, 4096);
  const rows = [];
  for (const { id, dtype, Values } of cases) {
    // Numbers from -100 to 99; as halves, whatever bits that gives.
    const values = new Values(graph.pins * width).map((_, i) => (words[i & 4095] % 200) - 100);
    const source = { kind: 'dense', values, width, dtype, ...(dtype === 'i8' ? { scale: 1 } : {}) };
    let run = 0;
    const nextPins = () => randomPins(graph, count, 1000 + run++);
    rows.push(
      await compare({
        id,
        work: `${count} rows of ${width} numbers, ${dtype} to f32; copies: ${(bandwidth / 1e9).toFixed(1)} GB/s`,
        unit: 'rows/s',
        items: count,
        peer: setting.peer && 'torch.index_select',
        runPeer: setting.peer && (() => setting.peer({ op: 'gather', dtype, width, rows: [...nextPins()] })()),
        runOurs: () => {
          const pins = nextPins();
          return seconds(() => gatherFeatures([source], pins));
        },
        limitShare: (median) => (count * width * 4) / median / bandwidth,
        rounds: 9,
      }),
    );
  }
  setting.close();
  return rows;
}
