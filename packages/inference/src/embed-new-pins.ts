import { type Dataset, encodeFeatures } from '@pinsage/graph';
import {
  logDegrees,
  type ModelBatch,
  type NeighborhoodSettings,
  neighborhoodOptions,
  type PinSage,
} from '@pinsage/model';
import { checkInteger, type GatheredFeature, type Graph, invalidArgument, type TaskOptions } from '@pinsage/native';
import * as tf from '@tensorflow/tfjs-core';
import { type Block, loadAhead, pinsOf } from './ahead.js';

/** A pin that the graph does not have. */
export interface NewPin {
  /** Raw values by the features' names, as they were imported; what is left out is missing. */
  features: Record<string, unknown>;
  /** Rows of the boards that it is on. Default: none. */
  boards?: ArrayLike<number>;
}

export interface EmbedNewPinsOptions extends TaskOptions {
  /** How N(u) is sampled. Default: as in the model's training, or as `graph.neighborhoods` does for a model that has had none. */
  neighborhoods?: NeighborhoodSettings;
  /** Pins that are computed at once. Default 1024. */
  block?: number;
}

/**
 * Embeds pins that are not in the graph, without training anything: walks leave from their boards into the graph, and nothing in
 * the graph changes. A pin without boards has an empty neighbourhood. Progress is in pins.
 *
 * @returns [pins, output]
 * @throws PinSageError INVALID_ARGUMENT for a value that is not of its feature's kind, or an unknown board; ABORTED
 */
export async function embedNewPins(
  model: PinSage,
  dataset: Dataset,
  graph: Graph,
  pins: NewPin[],
  options: EmbedNewPinsOptions = {},
): Promise<Float32Array> {
  const { neighborhoods = model.neighborhoods, signal, threads, onProgress } = options;
  const size = checkInteger('block', options.block ?? 1024, 1, 2 ** 20);
  const { layers, output } = model.config;
  const strange = pins.findIndex((pin) => typeof pin?.features !== 'object' || pin.features === null);
  if (strange >= 0) throw invalidArgument(`pins[${strange}]`, pins[strange], 'an object with features');
  const sampling = neighborhoodOptions(dataset, neighborhoods);
  const boards = pins.map((pin, i) => boardRows(pin, i, graph));
  const sources = model.sources(dataset, graph);
  const boardSources = model.boardSources(dataset, graph);
  const embeddings = new Float32Array(pins.length * output);
  const load = async (block: Block): Promise<ModelBatch> => {
    const roots = pinsOf(block).map((pin) => graph.pins + pin - block.begin);
    const newPins = concatenateLists(boards.slice(block.begin, block.end));
    const task = { signal, threads, newPins };
    const batch = await graph.batch(roots, {
      ...sampling,
      ...task,
      layers: Math.max(1, layers),
      features: sources,
    });
    return { ...batch, boards: boardSources && (await graph.boardBags(batch.pins, { ...boardSources, ...task })) };
  };
  const batches = loadAhead(pins.length, size, load);
  for await (const [{ begin, end }, batch] of batches) {
    const encoded = encode(model, pins.slice(begin, end), boards.slice(begin, end));
    const features = batch.features.map((gathered, i) => replaceTop(gathered, encoded[i]));
    tf.tidy(() => {
      embeddings.set(model.forward({ ...batch, features }).dataSync() as Float32Array, begin * output);
    });
    onProgress?.(end, pins.length);
  }
  return embeddings;
}

/** Each board once, ascending, as the graph's own pins have them. */
function boardRows({ boards = [] }: NewPin, pin: number, graph: Graph): number[] {
  const rows = Array.from(boards, (board, i) => checkInteger(`pins[${pin}].boards[${i}]`, board, 0, graph.boards - 1));
  return [...new Set(rows)].sort((a, b) => a - b);
}

function concatenateLists(lists: number[][]): { offsets: Uint32Array; boards: Uint32Array } {
  const offsets = new Uint32Array(lists.length + 1);
  lists.forEach((list, i) => {
    offsets[i + 1] = offsets[i] + list.length;
  });
  return { offsets, boards: Uint32Array.from(lists.flat()) };
}

/** The inputs of new pins, in the order of `model.sources`. */
function encode(model: PinSage, pins: NewPin[], boards: number[][]): GatheredFeature[] {
  const encoded = encodeFeatures(
    model.features,
    pins.map((pin) => pin.features),
  );
  if (model.config.degree) {
    const degrees = boards.map((list) => list.length);
    encoded.push({ kind: 'dense', values: logDegrees(degrees), width: 1 });
  }
  if (model.config.pinVector) {
    const none = { rows: new Int32Array(0), weights: new Float32Array(0) };
    encoded.push({ kind: 'bag', offsets: new Int32Array(pins.length + 1), ...none });
  }
  return encoded;
}

/** The batch's feature with its first rows, which the graph knows nothing of, replaced by the encoded ones. */
function replaceTop(gathered: GatheredFeature, encoded: GatheredFeature): GatheredFeature {
  if (gathered.kind === 'dense' && encoded.kind === 'dense') {
    const values = gathered.values.slice();
    values.set(encoded.values);
    return { ...gathered, values };
  }
  if (gathered.kind === 'bag' && encoded.kind === 'bag') {
    // New pins were gathered as empty bags, so that the others' entries follow as they are.
    const added = encoded.rows.length;
    const offsets = gathered.offsets.map((offset) => offset + added);
    offsets.set(encoded.offsets);
    return { kind: 'bag', offsets, ...concatenated(encoded, gathered) };
  }
  throw new TypeError('A feature was gathered in another form than it was encoded in.');
}

type Bag = Extract<GatheredFeature, { kind: 'bag' }>;

function concatenated(first: Bag, second: Bag): Pick<Bag, 'rows' | 'weights'> {
  const rows = new Int32Array(first.rows.length + second.rows.length);
  const weights = new Float32Array(rows.length);
  rows.set(first.rows);
  rows.set(second.rows, first.rows.length);
  weights.set(first.weights);
  weights.set(second.weights, first.weights.length);
  return { rows, weights };
}
