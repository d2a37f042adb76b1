// How fast are 100,000 random rows of features gathered, from floats, halves and 8-bit integers, by a service that gathers again and
// again? A run is a few calls, each of other rows of a table far larger than the caches, into the memory of the call before; the first,
// which wakes up threads and memory that the peer's run has put to sleep, is not counted. Torch does the same.
//
// The limit is copying as many bytes as the result has, measured in every round.
import { gatherFeatures, randomWords } from '@pinsage/native';
import { compare, seconds } from './lib/compare.mjs';
import { startCopyProbe } from './lib/limits.mjs';
import { graphSetting, randomPins } from './lib/setting.mjs';

const width = 256;
const count = 100_000;
const calls = 6;
const cases = [
  { id: 'gather.100k', dtype: 'f32', Values: Float32Array },
  { id: 'gather.100k.f16', dtype: 'f16', Values: Uint16Array },
  { id: 'gather.100k.int8', dtype: 'i8', Values: Int8Array },
];

export default async function gather({ graph: directory, threads }) {
  const setting = await graphSetting({ graph: directory, threads });
  const { graph } = setting;
  const copy = startCopyProbe(threads);
  const words = randomWords(5n, [0, 0, 0], 0, 4096);
  const rows = [];
  for (const { id, dtype, Values } of cases) {
    // Numbers from -100 to 99; as halves, whatever bits that gives.
    const values = new Values(graph.pins * width).map((_, i) => (words[i & 4095] % 200) - 100);
    const source = { kind: 'dense', values, width, dtype, ...(dtype === 'i8' ? { scale: 1 } : {}) };
    const resultBytes = calls * count * width * Float32Array.BYTES_PER_ELEMENT;
    let out;
    let run = 0;
    const nextPins = () => randomPins(graph, (calls + 1) * count, 1000 + run++);
    rows.push(
      await compare({
        id,
        work: `${count} rows of ${width} numbers, ${dtype} to f32; limit: copying the result`,
        unit: 'rows/s',
        items: calls * count,
        peer: setting.peer && 'torch.index_select',
        runPeer:
          setting.peer &&
          (() => setting.peer({ op: 'gather', dtype, width, per_call: count, rows: [...nextPins()] })()),
        runOurs: async () => {
          const pins = nextPins();
          const call = async (i) => {
            out = await gatherFeatures([source], pins.subarray(i * count, (i + 1) * count), { out });
          };
          await call(0);
          return seconds(async () => {
            for (let i = 1; i <= calls; ++i) await call(i);
          });
        },
        runLimit: async () => resultBytes / (await copy.bandwidth()),
        rounds: 9,
      }),
    );
  }
  copy.close();
  setting.close();
  return rows;
}
