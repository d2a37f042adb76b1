import { type Dataset, encodeFeatures } from '@pinsage/graph';
import {
  logDegrees,
  type ModelBatch,
  type NeighborhoodSettings,
  neighborhoodOptions,
  type PinSage,
} from '@pinsage/model';
import {
  checkInteger,
  type GatheredFeature,
  type Graph,
  gatherFeatures,
  invalidArgument,
  type TaskOptions,
} from '@pinsage/native';
import * as tf from '@tensorflow/tfjs-core';
import { type Block, loadAhead, pinsOf } from './ahead.js';

/** A pin that the graph does not have. */
export interface NewPin {
  /** Raw values by the features' names, as they were imported; what is left out is missing. */
  features: Record<string, unknown>;
  /** Rows of the boards that it is on. Default: none. */
  boards?: ArrayLike<number>;
}

/** A pin that the graph has, on other boards than there. */
export interface MovedPin {
  /** In the dataset, which has its features. */
  row: number;
  /** Rows of the boards that it is on. */
  boards: ArrayLike<number>;
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
  const strange = pins.findIndex((pin) => typeof pin?.features !== 'object' || pin.features === null);
  if (strange >= 0) throw invalidArgument(`pins[${strange}]`, pins[strange], 'an object with features');
  const featuresOf = async ({ begin, end }: Block) => {
    const features = pins.slice(begin, end).map((pin) => pin.features);
    const encoded = encodeFeatures(model.features, features);
    return model.config.pinVector ? [...encoded, emptyBags(end - begin)] : encoded;
  };
  return embedOnBoards(model, dataset, graph, pins, featuresOf, options);
}

/**
 * As embedNewPins, of pins of the graph whose boards are others now. The edges that they have in the graph stay there: walks come to
 * them by their old boards.
 *
 * @returns [pins, output]
 * @throws PinSageError INVALID_ARGUMENT for an unknown board; ABORTED
 */
export async function embedMovedPins(
  model: PinSage,
  dataset: Dataset,
  graph: Graph,
  pins: MovedPin[],
  options: EmbedNewPinsOptions = {},
): Promise<Float32Array> {
  const sources = model.sources(dataset, graph);
  // The degree is that of other boards.
  if (model.config.degree) sources.splice(model.features.length, 1);
  const rows = Uint32Array.from(pins, ({ row }, i) => checkInteger(`pins[${i}].row`, row, 0, dataset.pins - 1));
  const featuresOf = ({ begin, end }: Block) => gatherFeatures(sources, rows.subarray(begin, end), options);
  return embedOnBoards(model, dataset, graph, pins, featuresOf, options);
}

/** @param featuresOf What a block's pins have in the order of `model.sources`, but for their degrees. */
async function embedOnBoards(
  model: PinSage,
  dataset: Dataset,
  graph: Graph,
  pins: { boards?: ArrayLike<number> }[],
  featuresOf: (block: Block) => Promise<GatheredFeature[]>,
  options: EmbedNewPinsOptions,
): Promise<Float32Array> {
  const { neighborhoods = model.neighborhoods, signal, threads, onProgress } = options;
  const size = checkInteger('block', options.block ?? 1024, 1, 2 ** 20);
  const { layers, output } = model.config;
  const sampling = neighborhoodOptions(dataset, neighborhoods);
  const boards = pins.map((pin, i) => boardRows(pin, i, graph));
  const sources = model.sources(dataset, graph);
  const boardSources = model.boardSources(dataset, graph);
  const embeddings = new Float32Array(pins.length * output);
  const load = async (block: Block): Promise<ModelBatch> => {
    const roots = pinsOf(block).map((pin) => graph.pins + pin - block.begin);
    const ofBlock = boards.slice(block.begin, block.end);
    const task = { signal, threads, newPins: concatenateLists(ofBlock) };
    const batch = await graph.batch(roots, { ...sampling, ...task, layers: Math.max(1, layers), features: sources });
    const own = await featuresOf(block);
    if (model.config.degree) {
      const degrees = logDegrees(ofBlock.map((list) => list.length));
      own.splice(model.features.length, 0, { kind: 'dense', values: degrees, width: 1 });
    }
    const features = batch.features.map((gathered, i) => replaceTop(gathered, own[i]));
    const bags = boardSources && (await graph.boardBags(batch.pins, { ...boardSources, ...task }));
    return { ...batch, features, boards: bags };
  };
  for await (const [{ begin, end }, batch] of loadAhead(pins.length, size, load)) {
    tf.tidy(() => {
      embeddings.set(model.forward(batch).dataSync() as Float32Array, begin * output);
    });
    onProgress?.(end, pins.length);
  }
  return embeddings;
}

function emptyBags(count: number): GatheredFeature {
  return { kind: 'bag', offsets: new Int32Array(count + 1), rows: new Int32Array(0), weights: new Float32Array(0) };
}

/** Each board once, ascending, as the graph's own pins have them. */
function boardRows({ boards = [] }: { boards?: ArrayLike<number> }, pin: number, graph: Graph): number[] {
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
