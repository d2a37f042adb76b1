import type { Dataset } from '@pinsage/graph';
import { neighborhoodOptions, type PinSage } from '@pinsage/model';
import { gatherFeatures, invalidArgument, type Neighborhoods } from '@pinsage/native';
import type * as tf from '@tensorflow/tfjs-core';
import type { RecordBatch } from 'apache-arrow';
import {
  batchOf,
  floatColumn,
  floatListColumn,
  intListColumn,
  intLists,
  longColumn,
  longs,
  vectorColumn,
} from './columns.js';
import { tidied } from './tidied.js';

/** Rows of a batch of neighbours, roughly. */
const NEIGHBORS = 2 ** 18;

/** Columns `pin` to `pin`, `neighbor`, `weight`: a row for each neighbour of each pin, sampled as in the model's training. */
export async function* neighborhoods(
  batch: RecordBatch,
  dataset: Dataset,
  model: PinSage,
  threads: number,
): AsyncGenerator<RecordBatch> {
  const pins = rowsOf(batch, dataset);
  const graph = await dataset.graph();
  const options = { ...neighborhoodOptions(dataset, model.neighborhoods), threads };
  const most = options.quotas?.reduce((sum, quota) => sum + quota, 0) ?? options.neighbors ?? 50;
  const piece = Math.ceil(NEIGHBORS / most);
  for (let begin = 0; begin < pins.length; begin += piece) {
    const some = pins.subarray(begin, begin + piece);
    yield flat(some, await graph.neighborhoods(some, options));
  }
}

function flat(pins: Uint32Array, { ids, weights, counts, neighbors }: Neighborhoods): RecordBatch {
  const length = counts.reduce((sum, count) => sum + count, 0);
  const pin = new Float64Array(length);
  const neighbor = new Float64Array(length);
  const weight = new Float32Array(length);
  let row = 0;
  for (const [i, count] of counts.entries()) {
    const begin = i * neighbors;
    pin.fill(pins[i], row, row + count);
    neighbor.set(ids.subarray(begin, begin + count), row);
    weight.set(weights.subarray(begin, begin + count), row);
    row += count;
  }
  return batchOf({ pin: longColumn(pin), neighbor: longColumn(neighbor), weight: floatColumn(weight) });
}

/**
 * Columns `pin` and `blocks` to those and `h`, a pin's own representation h0, and `seen`, what its neighbours see of it. For a model
 * without layers: `pin` and `embedding`.
 */
export async function* inputs(
  batch: RecordBatch,
  dataset: Dataset,
  model: PinSage,
  threads: number,
): AsyncGenerator<RecordBatch> {
  const pins = rowsOf(batch, dataset);
  const graph = await dataset.graph();
  const boardSources = model.boardSources(dataset, graph);
  const features = await gatherFeatures(model.sources(dataset, graph), pins, { threads });
  const boards = boardSources && (await graph.boardBags(pins, { ...boardSources, threads }));
  const blocks = intLists(batch, 'blocks');
  yield tidied(() => {
    const h0 = model.inputs(features, boards);
    return represented(Float64Array.from(pins), blocks, h0, h0, 0, model);
  });
}

/** Pins with their h as the stage of the next layer takes them, or, after the last layer, with their embeddings. */
export function represented(
  pins: Float64Array,
  blocks: { offsets: Int32Array; items: Int32Array },
  h: tf.Tensor2D,
  h0: tf.Tensor2D,
  layer: number,
  model: PinSage,
): RecordBatch {
  const { layers, width, hidden, output } = model.config;
  const pin = longColumn(pins);
  const floats = (tensor: tf.Tensor2D) => tensor.dataSync() as Float32Array;
  if (layer === layers) return batchOf({ pin, embedding: floatListColumn(floats(model.project(h, h0)), output) });
  return batchOf({
    pin,
    blocks: intListColumn(blocks),
    h: vectorColumn(floats(h), width),
    seen: vectorColumn(floats(model.transform(layer, h)), hidden),
  });
}

function rowsOf(batch: RecordBatch, dataset: Dataset): Uint32Array {
  const pins = longs(batch, 'pin');
  const strange = pins.find((pin) => !(pin < dataset.pins));
  if (strange !== undefined) throw invalidArgument('pin', strange, `0 to ${dataset.pins - 1}, the rows of the dataset`);
  return Uint32Array.from(pins);
}
